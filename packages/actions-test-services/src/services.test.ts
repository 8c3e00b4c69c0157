import {
  ArchiverToken,
  buildPipeline,
  DownloaderToken,
  type JsonObject,
  ProcessRunnerToken,
  toDevice,
  toJob,
} from "@basalt/core";
import { FakeDownloader, FakeProcessRunner, planOf, planText, runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import { services } from "./index.js";

const device: JsonObject = { hostname: "b", parameters: { allow_test_services: true } };
const git = { name: "Srv.2", from: "git", repository: "https://x/y.git", path: "a/compose.yml", history: false };
const url = {
  name: "srv1",
  from: "url",
  repository: "http://x/s.tar.gz",
  compression: "gz",
  path: "compose.yaml",
  service: "db",
};
const definition = (list: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  job_name: "x",
  timeouts: { job: { minutes: 20 } },
  actions: [{ test: { services: list, ...more } }],
});

test("the plan, tried again", () => {
  const job = definition([url, git], { timeout: { minutes: 7 }, failure_retry: 2 });
  expect(
    planText(planOf({ job, device, strategies: [services] }))
      .split("\n")
      .slice(0, 7),
  ).toEqual([
    "1 lava-test-services 7m",
    "  1.1 lava-test-service-retry 7m x2",
    "    1.1.1 lava-test-service 3m30s",
    "      1.1.1.1 download-retry 7m x2",
    "        1.1.1.1.1 http-download 3m30s http://x/s.tar.gz",
    "  1.2 lava-test-service-retry 7m x2",
    "    1.2.1 lava-test-service 3m30s",
  ]);
});

test("a device must allow them", () => {
  expect(() => planOf({ job: definition([git]), device: {}, strategies: [services] })).toThrow(/allow_test_services/);
});

async function run(list: readonly JsonObject[], runner = new FakeProcessRunner().answer(/./)) {
  const unpacked: string[] = [];
  const archiver = { unpackTar: async (file: string, folder: string) => void unpacked.push(`${file} ${folder}`) };
  const ran = await runPlan(buildPipeline(toJob(definition(list)), toDevice(device), [services]), {
    jobId: "42",
    services: [
      [ProcessRunnerToken, runner],
      [ArchiverToken, archiver],
      [DownloaderToken, new FakeDownloader().serve(url.repository, "x")],
    ],
  });
  return { ...ran, unpacked, calls: runner.calls.map((argv) => argv.join(" ")) };
}

test("from git: cloned, started, taken down with the job", async () => {
  const { outcome, calls } = await run([git]);
  expect(outcome).toEqual({ result: "pass" });
  const compose = "docker compose --project-name lava-42-srv-2 --file /jobs/1/service-000001/a/compose.yml";
  expect(calls).toEqual([
    "git clone --depth=1 -- https://x/y.git /jobs/1/service-000001",
    "git -C /jobs/1/service-000001 rev-parse HEAD",
    `${compose} up --detach --wait`,
    `${compose} down --volumes --remove-orphans`,
  ]);
});

test("what does not start is the lab's fault, and is taken down", async () => {
  const runner = new FakeProcessRunner().answer(/./).answer(/ up /, { code: 1, stderr: "port is already allocated" });
  const { outcome, calls } = await run([git], runner);
  expect(outcome).toMatchObject({
    error: { kind: "infrastructure", message: expect.stringContaining("port is already") },
  });
  expect(calls.at(-1)).toContain(" down ");
});

test("from an archive: fetched, unpacked, one service of it started", async () => {
  const { outcome, calls, unpacked } = await run([url]);
  expect(outcome).toEqual({ result: "pass" });
  expect(unpacked).toEqual(["/jobs/1/services/service-0/s.tar /jobs/1/service-000001"]);
  expect(calls[0]).toBe(
    "docker compose --project-name lava-42-srv1 --file /jobs/1/service-000001/compose.yaml up --detach --wait db",
  );
});

test("a compose file outside the repository is refused", async () => {
  const { outcome, calls } = await run([{ ...git, path: "../../etc/compose.yml" }]);
  expect(outcome).toMatchObject({ error: { kind: "job", code: "ERR_SERVICE_PATH" } });
  expect(calls.some((call) => call.startsWith("docker"))).toBe(false);
});
