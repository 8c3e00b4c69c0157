import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Dispatcher,
  DispatcherToken,
  type FileStore,
  FileStoreToken,
  type TftpServer,
  TftpServerToken,
  type Token,
} from "@basalt/core";
import { build } from "esbuild";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createHost, type Host } from "./create-host.js";
import { applyEnvironmentFile } from "./dispatcher/environment.js";
import { chooseAddress } from "./dispatcher/worker-address.js";

let base = "";
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "basalt-host-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(base, { recursive: true, force: true });
});

const serviceOf = <T>(host: Host, token: Token<T>): T => host.services.find(([{ key }]) => key === token.key)?.[1] as T;

test("gives the services, and leaves nothing behind", async () => {
  vi.stubEnv("TMPDIR", base);
  const host = await createHost({
    jobId: "42",
    cacheFolder: join(base, "cache"),
    deviceEnvironment: { overrides: { LAB: "x", N: 1 } },
  });
  const files: FileStore = serviceOf(host, FileStoreToken);
  expect(files.root).toBe(host.folder);
  await files.write(join(await files.makeFolder("deploy"), "file"), "x");
  const dispatcher: Dispatcher = serviceOf(host, DispatcherToken);
  expect(dispatcher.environmentForDevice).toEqual({ LAB: "x", N: "1" });
  expect(dispatcher.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  await host[Symbol.asyncDispose]();
  expect(await readdir(base)).toEqual([]);
});

// only root can become somebody else
test.runIf(process.getuid?.() === 0)("a user without a passwd entry, as in containers, has services too", async () => {
  const script = `import { createHost } from ${JSON.stringify(join(import.meta.dirname, "create-host.ts"))};
    const host = await createHost({ jobId: "42" });
    console.log(host.folder);
    await host[Symbol.asyncDispose]();`;
  await build({
    stdin: { contents: script, resolveDir: import.meta.dirname },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    conditions: ["@basalt/source"],
    external: ["@lydell/node-pty"],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    outfile: join(base, "script.mjs"),
  });
  await chmod(base, 0o777);
  const { PATH } = process.env;
  const nobodyKnown = {
    uid: 54_321,
    gid: 54_321,
    cwd: base,
    env: { PATH, TMPDIR: base, HOME: base },
    encoding: "utf8",
  } as const;
  expect(execFileSync(process.execPath, ["script.mjs"], nobodyKnown).trim()).toBe(join(base, "basalt-54321/42"));
});

test("dispatcher.yaml decides folder, prefix and address", async () => {
  const config = { dispatcher_download_dir: join(base, "jobs"), prefix: "lab1-", dispatcher_ip: "10.1.2.3" };
  const host = await createHost({ jobId: "42", config, cacheFolder: join(base, "cache") });
  expect(host.folder).toBe(join(base, "jobs/lab1-42"));
  expect(serviceOf<Dispatcher>(host, DispatcherToken)).toMatchObject({ ip: "10.1.2.3", prefix: "lab1-" });
  await host[Symbol.asyncDispose]();
  expect((await stat(join(base, "jobs"))).isDirectory()).toBe(true);
});

test("the TFTP server's folder is dispatcher.yaml's tftp_root", async () => {
  const config = { dispatcher_download_dir: join(base, "jobs"), tftp_root: base, tftp_size_limit: 1000 };
  await using host = await createHost({ jobId: "42", config, cacheFolder: join(base, "cache") });
  const tftp: TftpServer = serviceOf(host, TftpServerToken);
  expect(await tftp.root()).toBe(base);
  expect(tftp.sizeLimitBytes).toBe(1000);
});

const ipv4 = (address: string, internal = false) => [
  { address, internal, family: "IPv4" as const, netmask: "", mac: "", cidr: null },
];
const header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
const route = (name: string, metric: number) =>
  `${name}\t00000000\t0101A8C0\t0003\t0\t0\t${metric}\t00000000\t0\t0\t0\n`;

test("the worker's address is that of the default route", () => {
  const interfaces = { lo: ipv4("127.0.0.1", true), eth0: ipv4("10.0.0.2"), wlan0: ipv4("192.168.1.7") };
  expect(chooseAddress(header + route("eth0", 600) + route("wlan0", 100), interfaces)).toBe("192.168.1.7");
  expect(chooseAddress("", interfaces)).toBe("10.0.0.2");
  expect(chooseAddress("", { lo: ipv4("127.0.0.1", true) })).toBe("127.0.0.1");
});

test("env.yaml: purge, removes, overrides", () => {
  const environment = { PATH: "/bin", LANG: "C" };
  expect(applyEnvironmentFile({ removes: ["LANG"], overrides: { A: "1" } }, environment)).toEqual({
    PATH: "/bin",
    A: "1",
  });
  expect(applyEnvironmentFile({ purge: true, overrides: { A: "1" } }, environment)).toEqual({ A: "1" });
});
