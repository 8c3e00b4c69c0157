import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { apiToken, bearer, FakeAvh } from "./testing/fake-avh.js";

const cli = (path: string): string => fileURLToPath(new URL(`../../cli/${path}`, import.meta.url));
const missing = !existsSync(cli("dist/main.js"))
  ? "the command is not built (npm run build)"
  : ["zip", "unzip"].find((tool) => spawnSync(tool, ["-v"]).status !== 0);
if (missing) process.stderr.write(`a whole job on Arm Virtual Hardware is skipped: ${missing}\n`);

const folder = mkdtempSync(join(tmpdir(), "avh-job-"));
const avh = await FakeAvh.start({
  onConsole(socket) {
    socket.send("[    0.000000] Linux version 6.1.0\r\nraspberrypi login: ");
    socket.on("message", () => socket.send("\r\npi@raspberrypi:~$ "));
  },
});
afterAll(async () => {
  await avh[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const image = (name: string) => {
  writeFileSync(join(folder, name), `the ${name}`);
  return { url: `file://${join(folder, name)}` };
};
const job = () => ({
  job_name: "avh",
  device_type: "avh",
  visibility: "public",
  timeouts: { job: { minutes: 2 }, action: { seconds: 30 } },
  secrets: { avh_api_token: apiToken },
  actions: [
    {
      deploy: {
        to: "avh",
        options: { model: "rpi4b" },
        images: { rootfs: image("disk.img"), kernel: image("Image"), dtb: image("b.dtb") },
      },
    },
    { boot: { method: "avh", prompts: ["pi@raspberrypi:"], auto_login: { login_prompt: "login:", username: "pi" } } },
  ],
});
const device = {
  hostname: "virtual-01",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  parameters: {},
  timeouts: { actions: {}, connections: {} },
  actions: {
    deploy: { methods: { avh: { options: { api_endpoint: avh.endpoint, project_name: "Default Project" } } } },
    boot: { methods: { avh: null } },
  },
};

/** All that was written in a folder, by name. */
const written = (path: string): string =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");

test.skipIf(missing)(
  "a job by the command itself: a real package over real sockets, no token in anything it shows",
  { timeout: 60_000 },
  async () => {
    const [jobFile, deviceFile, output] = ["job.yaml", "device.yaml", "out"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(jobFile, JSON.stringify(job()));
    writeFileSync(deviceFile, JSON.stringify(device));
    const argv = [cli("bin/basalt.js"), "run", jobFile, "--device", deviceFile, "--plain", "--output", output];
    const child = spawn(process.execPath, argv, { env: { ...process.env, TMPDIR: folder } });
    let shown = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (shown += text));
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect(shown).toContain("lava.login-action pass");
    expect(status).toBe(0);
    expect(shown).toContain('Calling: ["zip"'); // command lines are in the log, and with them what they would give away
    for (const text of [shown, written(output)]) {
      expect(text).not.toContain(apiToken);
      expect(text).not.toContain(bearer);
    }
    expect(avh.typed).toBe("pi\n");
    expect([...avh.held]).toEqual([]);
    const upload = avh.seen.find(({ line }) => line === "POST /v1/images")?.body ?? "";
    const zip = join(folder, "uploaded.zip");
    writeFileSync(zip, Buffer.from(upload.slice(upload.indexOf("PK\x03\x04")), "latin1"));
    expect(spawnSync("unzip", ["-p", zip, "nand"], { encoding: "utf8" }).stdout).toBe("the disk.img");
    expect(spawnSync("unzip", ["-p", zip, "devicetree"], { encoding: "utf8" }).stdout).toBe("the b.dtb");
  },
);
