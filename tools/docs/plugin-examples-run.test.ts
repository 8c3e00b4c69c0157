// Those of the plugins' examples that the simulated board can play, run: same job, same dictionary, but the board's console and outlet are
// its own, the lab's commands do nothing, and example.com is a server here.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../lib/house.mjs";
import { basalt } from "./run-basalt.js";

const playable: readonly [pkg: string, job: string, results: string][] = [
  ["actions-boot-minimal", "job", "no tests"],
  ["actions-boot-uboot", "own-commands.job", "no tests"],
  ["actions-test-shell", "job", "2 passed"],
  ["actions-test-interactive", "job", "2 passed"],
  ["actions-test-monitor", "job", "1 passed"],
  ["actions-deploy-downloads", "overlay.job", "1 passed"],
  ["actions-deploy-downloads", "download.job", "no tests"],
  ["actions-deploy-flasher", "job", "no tests"],
  ["actions-command", "job", "no tests"],
];

// wget of the board's shell fetches the overlay; the board's commands are this machine's
const wget = ["/usr/bin/wget", "/bin/wget"].some((path) => existsSync(path));
if (!wget) console.log("wget is not installed: examples that fetch the overlay are left out");

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

test.skipIf(process.platform !== "linux").each(playable)("%s, %s: complete, %s", async (pkg, name, results) => {
  if (!wget && results !== "no tests") return;
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
});
