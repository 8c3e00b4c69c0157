// Loaded into the measured command (--import). Tells the CPU time that the process has used, from its very start, when the job's first
// action begins (or the process ends), and then cancels the job.
import { writeFileSync } from "node:fs";

const { BASALT_BENCH_FILE: file, BASALT_BENCH_AT: at } = process.env;
const tell = () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(file, JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: performance.now() }));
};

if (at === "exit") process.on("exit", tell);
else {
  const write = process.stdout.write.bind(process.stdout);
  let told = false;
  process.stdout.write = (text, ...rest) => {
    if (!told && /start: 1 /.test(String(text))) {
      told = true;
      tell();
      process.kill(process.pid, "SIGINT");
    }
    return write(text, ...rest);
  };
}
