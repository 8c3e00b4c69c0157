import { join } from "node:path";
import { localLogStore } from "@basalt/server";
import { afterAll, beforeAll, test } from "vitest";
import { type BuiltCommand, buildCommand } from "../../testing/build-command.js";
import { ChaosLab } from "./chaos-lab.js";
import { type CheckLab, checkLab, watchEnds } from "./check-lab.js";
import { makeLabFolder } from "./lab-processes.js";
import { randomOf } from "./random.js";

// Server, PostgreSQL, worker daemons, job processes and rescues are killed, and the lines between them fail, at random. BASALT_SOAK=1 does it
// for longer, BASALT_SEED repeats a run as far as processes allow.

const kills = process.env.BASALT_SOAK ? 500 : 30;
const jobsAtOnce = 7;
const seed = Number(process.env.BASALT_SEED ?? Math.floor(Math.random() * 2 ** 31));

let built: BuiltCommand;
beforeAll(async () => {
  built = await buildCommand();
}, 120_000);
afterAll(() => built?.[Symbol.dispose]());

test(`whatever is killed, each job ends once and its log is whole (seed ${seed})`, { timeout: 3_600_000 }, async () => {
  using folder = makeLabFolder();
  const random = randomOf(seed);
  await using lab = await ChaosLab.open(built, folder, random);
  await using logs = localLogStore({ folder: join(folder.server, "logs") });
  const parts: CheckLab = { ...lab, store: lab.store, logs, folder, random: randomOf(seed) };
  const lookAtEnded = watchEnds(parts);
  try {
    for (let killed = 0; killed < kills; ) {
      await lookAtEnded();
      for (let left = (await lab.unfinished()).length; left < jobsAtOnce; left++) await lab.submit();
      if (random() < 0.5) await lab.progress();
      if (random() < 0.5) lab.disturb();
      const ending = random.pick(lab.counting());
      if (random() < 0.4 && ending !== undefined) lab.enough(ending);
      const canceled = random() < 0.15 ? random.pick(await lab.unfinished()) : undefined;
      if (canceled) await lab.cancel(canceled.id);
      const victim = random.weighted({ server: 5, worker: 5, job: 4, rescue: 3, postgres: 2 });
      if (await lab.kill(victim)) killed++;
      if (random() < 0.1) await lab.rival();
    }
    await lab.finish();
    await lookAtEnded();
    const ends = await checkLab(parts);
    await lab.stop();
    console.log(`seed ${seed}: killed ${JSON.stringify(lab.killed)}; jobs ${JSON.stringify(ends)}`);
  } catch (error) {
    console.log(`seed ${seed}; what was done:\n${lab.story()}`);
    throw error;
  }
});
