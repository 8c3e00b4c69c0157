import {
  type ActionContext,
  DownloaderToken,
  defineAction,
  definePlugin,
  defineStrategy,
  FileStoreToken,
  infrastructureError,
  type Plugin,
  ProcessRunnerToken,
  retry,
} from "@basalt/core";
import { expect, test } from "vitest";
import type { FakeDownloader } from "../fakes/fake-downloader.js";
import type { FakeFiles } from "../fakes/fake-files.js";
import type { FakeProcessRunner } from "../fakes/fake-process-runner.js";
import type { DeployContract } from "./deploy-checks.js";
import { heldByTools } from "./held-by-tools.js";
import { pluginContract } from "./plugin-contract.js";
import { toolScenes } from "./tool-scenes.js";

interface Tools {
  readonly files: FakeFiles;
  readonly runner: FakeProcessRunner;
  readonly downloader: FakeDownloader;
}
type Work = (tools: Tools, ctx: ActionContext) => Promise<unknown>;

const url = "http://x/a.img";
const request = { url, to: "/jobs/1/a.img" };
/** A deploy method as it should be: asks first, then fetches, and tries again. */
const fetches: Work = ({ downloader }, { signal }) => downloader.download(request, { signal });
const probes: Work = ({ downloader }, { signal }) => downloader.probe({ url }, { signal });

function deployPlugin(work: Work, validate: Work = probes): Plugin {
  const action = defineAction({
    name: "put",
    summary: "put",
    needs: { files: FileStoreToken, runner: ProcessRunnerToken, downloader: DownloaderToken },
    validate: async (tools, ctx) => void (await validate(tools as never, ctx as never)),
    run: async (tools, ctx) => void (await work(tools as never, ctx)),
  });
  const schema = { title: "X", description: "X." };
  return definePlugin({
    name: "x",
    strategies: [defineStrategy({ section: "deploy", method: "x", schema, plan: () => retry("put-retry", action) })],
  });
}

async function verdict(plugin: Plugin, about: string, more: Partial<DeployContract> = {}): Promise<string> {
  const deploy = { device: { hostname: "board-01" }, block: { to: "x" }, files: { [url]: "a" }, ...more };
  const found = pluginContract(plugin, { manifest: {}, deploy }).find(({ name }) => name.includes(about));
  if (!found) throw new Error(`no check '${about}'`);
  expect(found.skip).toBeUndefined();
  return found.run().then(
    () => "kept",
    (error: Error) => error.message,
  );
}

test("a method as it should be keeps all of it", async () => {
  const good = deployPlugin(fetches);
  for (const about of ["what works", "not there", "never answers", "hangs once", "canceled"])
    expect(await verdict(good, about)).toBe("kept");
});

test.each<[string, string, Work, string]>([
  ["passes without a file", "not there", async () => {}, "got pass"],
  ["asks for its file too late", "not there", fetches, "it is told by an action"],
  ["ignores its signal", "never answers", () => new Promise(() => {}), "ignores its signal"],
  [
    "leaves a file behind",
    "what works",
    ({ files }) => files.write("/srv/tftp/1/a.img", "a"),
    "left outside of the job's folder: /srv/tftp/1/a.img",
  ],
])("one that %s is caught", async (_what, about, work, message) => {
  const validate: Work = about === "not there" ? async () => {} : probes;
  expect(await verdict(deployPlugin(work, validate), about)).toContain(message);
});

test("one that swallows its time limit, or hides it, is caught", async () => {
  const swallows: Work = (tools, ctx) => fetches(tools, ctx).catch(() => {});
  expect(await verdict(deployPlugin(swallows), "never answers")).toBe("kept"); // core's own limit is stronger
  const early: Work = async () => {
    throw infrastructureError("ERR_OTHER", "I know better");
  };
  expect(await verdict(deployPlugin(early), "never answers")).toContain(
    "expected ERR_ACTION_TIMEOUT, got put: ERR_OTHER",
  );
  expect(await verdict(deployPlugin(early), "hangs once")).toContain("it did not pass: put: ERR_OTHER");
});

test("cleaning up that fails, and a program that runs on, are caught", async () => {
  const unclean: Work = async (_tools, { cleanup }) =>
    cleanup.defer("the mount", async () => {
      throw new Error("busy");
    });
  expect(await verdict(deployPlugin(unclean), "what works")).toContain("cleanup: the mount failed");
  const server: Work = async ({ runner }) => {
    void runner.run(["server"], { signal: new AbortController().signal });
  };
  const scenes = toolScenes({ work: /nothing/, answers: (runner) => void runner.stall("server") });
  expect(
    await verdict(
      deployPlugin(server, async () => {}),
      "what works",
      { scenes },
    ),
  ).toContain("still running after the job: server");
});

test("a tool's words that are lost are missed", async () => {
  const work: Work = async ({ runner }, { signal }) => {
    const { code } = await runner.run(["flash"], { signal });
    if (code !== 0) throw infrastructureError("ERR_TOOL_FAILED", "flash failed");
  };
  const scenes = toolScenes({ work: /^flash/ });
  const plugin = deployPlugin(work, async () => {});
  expect(await verdict(plugin, "in its own words", { scenes })).toContain("the error does not say 'E17");
  const deaf = deployPlugin(
    async ({ runner }, { signal }) => runner.run(["flash"], { signal }),
    async () => {},
  );
  expect(await verdict(deaf, "in its own words", { scenes })).toBe("it passed");
});

test("what tools take and do not give back is held", () => {
  const succeeded = (lines: readonly string[]) => ({ succeeded: lines.map((line) => line.split(" ")) });
  expect(heldByTools(succeeded(["mount -t vfat /dev/d /mnt", "cp a /mnt"]))).toEqual(["mounted: /mnt"]);
  expect(heldByTools(succeeded(["mount /dev/d /mnt", "umount --lazy /mnt"]))).toEqual([]);
  const compose = "docker compose --project-name p --file f";
  expect(heldByTools(succeeded([`${compose} up --detach`]))).toEqual(["docker compose project: p"]);
  expect(heldByTools(succeeded([`${compose} up --detach`, `${compose} down`]))).toEqual([]);
});
