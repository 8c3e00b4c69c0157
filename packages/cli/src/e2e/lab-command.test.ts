import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeJob, openBench } from "../testing/bench.js";
import { type BuiltCommand, buildCommand } from "../testing/build-command.js";

// `basalt lab` and `basalt submit` as a newcomer runs them.

let built: BuiltCommand;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built[Symbol.dispose]());

interface Running {
  readonly child: ChildProcess;
  out(): string;
  until(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<number | null>;
}

function basalt(cwd: string, ...argv: readonly string[]): Running {
  const child = spawn(process.execPath, [built.script, ...argv], { cwd, env: { ...process.env, LANG: "C.UTF-8" } });
  let text = "";
  const waiting = new Set<() => void>();
  const add = (more: Buffer): void => {
    text += more;
    for (const look of [...waiting]) look();
  };
  child.stdout.on("data", add);
  child.stderr.on("data", add);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    child,
    out: () => text,
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(text);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then((code) => reject(new Error(`ended with ${code} before ${pattern}:\n${text}`)));
      }),
  };
}

const startLab = (folder: string): Running => {
  const state = join(folder, "lab");
  return basalt(
    folder,
    "lab",
    "--state-folder",
    state,
    "--port",
    "0",
    "--device",
    "device.yaml",
    "--plugin",
    built.plugin,
  );
};

test("a lab starts, takes jobs, shows them live, ends them when it is stopped, and is the same at its next start", async () => {
  using bench = openBench();
  const folder = bench.folder;
  // as root, PostgreSQL runs as another user, who has to get to its folder
  chmodSync(folder, 0o711);
  bench.write("job.yaml", fakeJob([{ do: "pass" }, { do: "result", name: "uname", result: "pass" }]));
  bench.write("failing.yaml", fakeJob([{ do: "fail", kind: "infrastructure" }]));
  bench.write("hanging.yaml", fakeJob([{ do: "hang" }]));
  bench.write("bad.yaml", fakeJob([{ do: "pass" }], { visibility: "publik" }));
  const start = () => startLab(folder);
  const lab = start();
  const [, url = ""] = await lab.until(/^Lab: +(\S+)$/m);
  const [, password = ""] = await lab.until(/^Login: +admin, password (\S+)$/m);
  await lab.until(/^Ctrl-C stops/m);
  const submit = (job: string, ...more: string[]) =>
    basalt(folder, "submit", job, "--server", url, "--token-file", join(folder, "lab/login.json"), ...more);

  const good = submit("job.yaml", "--follow");
  expect(await good.ended, good.out()).toBe(0);
  expect(good.out()).toMatch(/start: 1\.1\.2 fake-pass/);
  expect(good.out()).toMatch(/0_smoke +uname +pass/);
  expect(good.out()).toMatch(/^Job 1 complete: 1 passed$/m);
  const bad = submit("bad.yaml");
  expect(await bad.ended).toBe(2);
  expect(bad.out()).toMatch(/visibility/);
  const failing = submit("failing.yaml", "--follow");
  expect(await failing.ended, failing.out()).toBe(3);
  const nobody = basalt(folder, "submit", "job.yaml", "--server", url);
  expect(await nobody.ended).toBe(2);
  expect(nobody.out()).toMatch(/no token was given/);

  const hanging = submit("hanging.yaml", "--follow");
  await hanging.until(/start: 1\.1\.2 fake-hang/);
  lab.child.kill("SIGTERM");
  expect(await lab.ended, lab.out()).toBe(0);
  hanging.child.kill("SIGKILL");
  expect(bench.power().at(-1)).toBe("off");

  const again = start();
  const [, sameUrl = ""] = await again.until(/^Lab: +(\S+)$/m);
  expect((await again.until(/password (\S+)$/m))[1]).toBe(password);
  await again.until(/^Ctrl-C stops/m);
  const token = JSON.parse(readFileSync(join(folder, "lab/login.json"), "utf8")).token;
  const job = (id: number) =>
    fetch(`${sameUrl}/api/v0.2/jobs/${id}/`, { headers: { Authorization: `Token ${token}` } }).then((answer) =>
      answer.json(),
    );
  expect(await job(1)).toMatchObject({ state: "Finished", health: "Complete" });
  expect(await job(3)).toMatchObject({ state: "Finished", health: "Canceled" });
  again.child.kill("SIGINT");
  expect(await again.ended, again.out()).toBe(0);
}, 180_000);

test("a lab has keys: what it prints adds a worker, which finds it again at its next start; without keys nobody gets in", async () => {
  using bench = openBench();
  const { folder } = bench;
  chmodSync(folder, 0o711);
  const lab = startLab(folder);
  await lab.until(/^Ctrl-C stops/m);
  const hint = (pattern: RegExp): string[] => {
    const [, words = ""] = pattern.exec(lab.out()) ?? [];
    const filledIn = words.replaceAll("NAME", "second").replaceAll("FOLDER", join(folder, "second"));
    return filledIn.split(" ");
  };
  for (const file of ["server/keys/server.key_secret", "worker/keys/lab.key_secret", "login.json"])
    expect(statSync(join(folder, "lab", file)).mode & 0o777, file).toBe(0o600);

  const made = basalt(folder, ...hint(/^Workers: basalt (admin keys create .+)$/m));
  expect(await made.ended, made.out()).toBe(0);
  const command = hint(/^ +basalt (worker .+)$/m);
  let worker = basalt(folder, ...command);
  await worker.until(/Connection with the master established/);
  const plain = basalt(folder, "worker", "--name", "third", "--state-folder", "third", ...command.slice(-2));
  await plain.until(/master and worker do not agree on encryption/);
  plain.child.kill("SIGTERM");
  await plain.ended;

  // a minute of silence would take longer than this
  const [, url = ""] = /^Lab: +(\S+)$/m.exec(lab.out()) ?? [];
  const { token } = JSON.parse(readFileSync(join(folder, "lab/login.json"), "utf8"));
  const stateOfWorker = async (): Promise<string> => {
    const headers = { Authorization: `Token ${token}` };
    return (await (await fetch(`${url}/api/v0.2/workers/second/`, { headers })).json()).state;
  };
  expect(await stateOfWorker()).toBe("Online");
  worker.child.kill("SIGTERM");
  expect(await worker.ended, worker.out()).toBe(0);
  await expect.poll(stateOfWorker, { timeout: 10_000 }).toBe("Offline");
  worker = basalt(folder, ...command);
  await worker.until(/Connection with the master established/);

  const check = basalt(folder, ...hint(/^Admin: +basalt (.+)$/m), "--all");
  expect(await check.ended, check.out()).toBe(0);
  expect(check.out()).toMatch(/server\.key_secret is a pair that only its owner can read/);
  expect(check.out()).toMatch(/workers that may connect with a key: 2/);

  lab.child.kill("SIGTERM");
  expect(await lab.ended, lab.out()).toBe(0);
  const again = startLab(folder);
  await again.until(/^Ctrl-C stops/m);
  await worker.until(/established[\s\S]*Connection with the master established/);
  again.child.kill("SIGTERM");
  expect(await again.ended, again.out()).toBe(0);
  worker.child.kill("SIGTERM");
  expect(await worker.ended).toBe(0);
}, 180_000);
