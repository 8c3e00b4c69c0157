import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineAction, type ProcessRunner } from "@basalt/core";
import { runPlan } from "@basalt/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { gitAddress } from "./git-address.js";
import { gitClone } from "./git-clone.js";

const secret = "s3cr€t/@tok en";
const scratch = mkdtempSync(join(tmpdir(), "basalt-git-address-"));
/** Command lines of this machine that were seen while a git waited for the server's answer. */
const seen: string[] = [];
const asked: (string | undefined)[] = [];
let port = 0;

function commandLines(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return ""; // it ended meanwhile
      }
    });
}

/** git's own server, as a CGI, for who knows the password. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  seen.push(...commandLines());
  const { authorization } = request.headers;
  asked.push(authorization && Buffer.from(authorization.replace("Basic ", ""), "base64").toString("utf8"));
  if (asked.at(-1) !== `me:${secret}`)
    return void response.writeHead(401, { "WWW-Authenticate": 'Basic realm="git"' }).end();
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
  const cgi = spawn("git", ["http-backend"], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: scratch,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: pathname,
      QUERY_STRING: `${searchParams}`,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      REMOTE_USER: "me",
    },
  });
  request.pipe(cgi.stdin);
  const parts: Buffer[] = [];
  cgi.stdout.on("data", (part: Buffer) => parts.push(part));
  cgi.on("close", () => {
    const all = Buffer.concat(parts);
    const end = all.indexOf("\r\n\r\n");
    for (const line of all.subarray(0, end).toString().split("\r\n")) {
      const [name = "", value = ""] = line.split(": ");
      if (name === "Status") response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(all.subarray(end + 4));
  });
}

const server = createServer(answer);

function git(folder: string, ...args: readonly string[]): void {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"];
  const { status, stderr } = spawnSync("git", [...who, "-C", join(scratch, folder), ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

function makeRepository(name: string): void {
  spawnSync("git", ["init", "-q", "-b", "main", join(scratch, name)]);
  writeFileSync(join(scratch, name, "file"), name);
  git(name, "add", "file");
  git(name, "commit", "-q", "-m", name);
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  makeRepository("part");
  makeRepository("tests");
  git("tests", "submodule", "add", "-q", `file://${scratch}/part`, "part");
  git("tests", "config", "-f", ".gitmodules", "submodule.part.url", "../part");
  git("tests", "commit", "-q", "-a", "-m", "with a submodule");
});
beforeEach(() => {
  seen.length = 0;
  asked.length = 0;
});
afterAll(() => {
  server.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** The worker's own git; no helper of the machine that runs the test has a say. */
const runner: ProcessRunner = {
  find: async () => "/usr/bin/git",
  run: ([program = "", ...args], { env }) =>
    new Promise((resolve) => {
      const options = { env: { ...process.env, HOME: scratch, GIT_CONFIG_NOSYSTEM: "1", ...env } };
      execFile(program, [...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr, ms: 1 }),
      );
    }),
};

let clones = 0;
async function clone(user: string) {
  const folder = join(scratch, `clone-${++clones}`);
  const action = defineAction({
    name: "clone",
    summary: "clone",
    async run(_input, ctx) {
      await gitClone(runner, { url: `http://${user}@127.0.0.1:${port}/tests`, folder, recursive: true }, ctx);
    },
  });
  const { outcome, events } = await runPlan(action);
  return { folder, outcome, said: JSON.stringify([outcome, events]) };
}

/** Every file below a folder whose bytes hold a text. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

test("a password reaches the server, for submodules too, and no process list, no file of the clone, no log", async () => {
  const inUrl = encodeURIComponent(secret);
  const { folder, outcome, said } = await clone(`me:${inUrl}`);
  expect(outcome).toMatchObject({ result: "pass" });
  expect(readFileSync(join(folder, "part/file"), "utf8")).toBe("part");
  expect(asked).toContain(`me:${secret}`);
  // who looked did see git at work
  expect(seen.filter((line) => line.includes("remote-http") && line.includes(`:${port}/part`))).not.toEqual([]);
  for (const text of [secret, inUrl]) {
    expect(seen.filter((line) => line.includes(text))).toEqual([]);
    expect(filesWith(folder, text)).toEqual([]);
    expect(said).not.toContain(text);
  }
});

test("a wrong password is refused, in words without it", async () => {
  const { outcome, said } = await clone("me:wr0ng");
  expect(outcome).toMatchObject({ result: "fail", error: { code: "ERR_GIT_CLONE" } });
  expect(said).toContain(`http://me:***@127.0.0.1:${port}/tests`);
  expect(said).not.toContain("wr0ng");
  expect(seen.join("\n")).not.toContain("wr0ng");
});

test("a user alone, who may be a token, is told by the environment, too", async () => {
  const { outcome, said } = await clone("t0ken");
  expect(outcome).toMatchObject({ result: "fail", error: { message: expect.stringContaining("read Password for") } });
  expect(seen.join("\n")).not.toContain("t0ken");
  expect(said).not.toContain("t0ken");
});

test.each([
  ["https://host/x", "https://host/x"],
  ["https://u:p@host:8443/a@b", "https://host:8443/a@b"],
  ["https://host/u:p@x", "https://host/u:p@x"],
  ["ssh://u:p@host/x", "ssh://u@host/x"],
  ["ssh://u@host/x", "ssh://u@host/x"],
  ["git@host:x.git", "git@host:x.git"],
  ["/srv/x", "/srv/x"],
])("git is called with %s as %s", (url, called) => {
  expect(gitAddress(url).url).toBe(called);
});

test("credentials are for the server of the address; one with a line break is none", () => {
  const { env, options } = gitAddress("https://u%2F:p%40%zz@host:8443/x");
  expect(env).toEqual({ BASALT_GIT_USER: "u/", BASALT_GIT_PASSWORD: "p@%zz" });
  expect(options.join(" ")).toContain("credential.https://host:8443.helper=");
  expect(() => gitAddress("https://u:p%0Ahost=evil@host/x")).toThrow(/u:\*\*\*@host.*line break/);
});
