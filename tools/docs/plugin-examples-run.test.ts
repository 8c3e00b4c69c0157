// Those of the plugins' examples that the simulated board can play, run: same job, same dictionary, but the board's console and outlet are
// its own, the lab's commands do nothing, and example.com is a server here.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../lib/house.mjs";
import { basalt } from "./run-basalt.js";

interface Playable {
  readonly pkg: string;
  readonly job: string;
  /** How the command's last line ends. */
  readonly results: string;
  /** Its shell fetches the tests' overlay and unpacks it. */
  readonly overlay?: true;
}
const playable: readonly Playable[] = [
  { pkg: "actions-boot-minimal", job: "job", results: "no tests" },
  { pkg: "actions-boot-uboot", job: "own-commands.job", results: "no tests" },
  { pkg: "actions-test-shell", job: "job", results: "2 passed", overlay: true },
  { pkg: "actions-test-interactive", job: "job", results: "2 passed" },
  { pkg: "actions-test-monitor", job: "job", results: "1 passed" },
  { pkg: "actions-deploy-downloads", job: "overlay.job", results: "1 passed", overlay: true },
  { pkg: "actions-deploy-downloads", job: "download.job", results: "no tests" },
  { pkg: "actions-deploy-flasher", job: "job", results: "no tests" },
  { pkg: "actions-command", job: "job", results: "no tests" },
];

// the board's commands are this machine's, and what it unpacks into / must be its own /
const succeeds = (...[program = "", ...argv]: readonly string[]): boolean => spawnSync(program, argv).status === 0;
const unpacks = succeeds("wget", "--version") && ["-m", "-rm"].some((flags) => succeeds("unshare", flags, "true"));
if (!unpacks)
  console.log("no wget, or no mount namespaces here: examples that unpack the overlay on the board are left out");

let folder = "";
const server = createServer((_request, response) => response.end("content"));
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "basalt-examples-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const simulated: readonly [RegExp, string][] = [
  [
    /^\{% set (connection|connection_command) = .*/m,
    "{% set connection = {'driver': 'simulated', 'hostname': 'board'} %}",
  ],
  [/^\{% set (power|power_off_command) = .*/m, "{% set power = {'driver': 'simulated'} %}"],
  [/\/opt\/[\w-]+/g, "true"],
];

for (const { pkg, job, results, overlay } of playable)
  test.skipIf(process.platform !== "linux" || (overlay && !unpacks))(
    `${pkg}, ${job}: complete, ${results}`,
    { timeout: 60_000 },
    () => play({ pkg, job, results }),
  );

async function play({ pkg, job: name, results }: Playable): Promise<void> {
  const docs = join(root, "packages", pkg, "docs");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dictionary = readFileSync(join(docs, "device.jinja2"), "utf8");
  const work = join(folder, `${pkg}-${name}`);
  mkdirSync(join(work, "tftp"), { recursive: true });
  const write = (file: string, text: string): void => writeFileSync(join(work, file), text);
  write("job.yaml", readFileSync(join(docs, `${name}.yaml`), "utf8").replaceAll("https://example.com", address));
  write(
    "device.jinja2",
    simulated.reduce((text, [from, to]) => text.replace(from, to), dictionary),
  );
  write(
    "basalt.config.yaml",
    `dispatcher: { dispatcher_ip: 127.0.0.1, tftp_root: ${JSON.stringify(join(work, "tftp"))} }\n`,
  );
  const { status, out, err } = await basalt(["run", "job.yaml", "--device", "device.jinja2", "--plain"], work);
  const told = `${out}${err}`;
  expect(told.trim().split("\n").at(-1), told).toMatch(new RegExp(`^Job \\d+ complete: ${results}$`));
  expect(status).toBe(0);
}
