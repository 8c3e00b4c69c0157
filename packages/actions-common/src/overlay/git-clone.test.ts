import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineAction, type ProcessRunner } from "@basalt/core";
import { runPlan } from "@basalt/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CloneRequest, gitClone } from "./git-clone.js";

const scratch = mkdtempSync(join(tmpdir(), "basalt-git-"));
const origin = join(scratch, "origin");
const commits: string[] = [];

/** The worker's own git. */
const runner: ProcessRunner = {
  find: async () => "/usr/bin/git",
  async run([program = "", ...args], { env }) {
    const { status, stderr, stdout } = spawnSync(program, args, { encoding: "utf8", env: { ...process.env, ...env } });
    return { code: status ?? undefined, stdout, stderr, ms: 1 };
  },
};

function git(...args: readonly string[]): string {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
  const { status, stderr, stdout } = spawnSync("git", [...who, "-C", origin, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

beforeAll(() => {
  spawnSync("git", ["init", "-q", "-b", "main", origin]);
  for (const text of ["one", "two", "three"]) {
    writeFileSync(join(origin, "file"), text);
    git("add", "file");
    git("commit", "-q", "-m", text);
    commits.push(git("rev-parse", "HEAD"));
  }
  git("branch", "old", commits[1] ?? "");
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let clones = 0;
async function clone(request: Partial<CloneRequest>) {
  const folder = join(scratch, `clone-${++clones}`);
  let commit: string | undefined;
  const action = defineAction({
    name: "clone",
    summary: "clone",
    async run(_input, ctx) {
      commit = await gitClone(runner, { url: `file://${origin}`, folder, ...request }, ctx);
    },
  });
  const { outcome } = await runPlan(action);
  const count = existsSync(folder)
    ? Number(spawnSync("git", ["-C", folder, "rev-list", "--count", "HEAD"], { encoding: "utf8" }).stdout)
    : 0;
  return { commit, outcome, count };
}

test("the newest commit of the default branch, all history", async () => {
  expect(await clone({})).toMatchObject({ commit: commits[2], count: 3, outcome: { result: "pass" } });
});

test("a branch, a revision, a shallow clone", async () => {
  expect(await clone({ branch: "old" })).toMatchObject({ commit: commits[1], count: 2 });
  expect(await clone({ revision: commits[0] })).toMatchObject({ commit: commits[0], count: 1 });
  expect(await clone({ shallow: true })).toMatchObject({ commit: commits[2], count: 1 });
});

test("a revision is found in a clone that may be shallow", async () => {
  expect(await clone({ shallow: true, revision: commits[0] })).toMatchObject({ commit: commits[0] });
});

test.each([
  ["no such branch", { branch: "none" }, "ERR_GIT_NOT_FOUND", "job"],
  ["no such revision", { revision: "0000000000000000000000000000000000000001" }, "ERR_GIT_NOT_FOUND", "job"],
  ["no such repository", { url: `file://${scratch}/nowhere` }, "ERR_GIT_NOT_FOUND", "job"],
  ["a revision that is an option", { revision: "--orphan" }, "ERR_GIT_NOT_FOUND", "job"],
  ["a server that is not there", { url: "git://127.0.0.1:1/x" }, "ERR_GIT_CLONE", "infrastructure"],
])("%s", async (_what, request, code, kind) => {
  expect((await clone(request)).outcome).toMatchObject({ result: "fail", error: { code, kind } });
});
