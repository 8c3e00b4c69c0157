import { availableParallelism } from "node:os";

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const live = process.stdout.isTTY === true;
const colour = live && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

/** While a step runs: on a terminal its last line of output and the time, redrawn; else a line every 20 s. */
function progress(name, started) {
  let last = "";
  const draw = () => {
    const room = (process.stdout.columns ?? 80) - name.length - 16;
    const tail = room > 10 ? last.slice(0, room) : "";
    process.stdout.write(`\r\u001b[K  ${name} ${paint(2, `${seconds(started)}  ${tail}`)}`);
  };
  const timer = setInterval(
    live ? draw : () => console.log(`  ${name}: ${seconds(started)} so far${last ? `, ${last.slice(0, 100)}` : ""}`),
    live ? 200 : 20_000,
  );
  return {
    line(text) {
      last = text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/g, "");
    },
    end() {
      clearInterval(timer);
      if (live) process.stdout.write("\r\u001b[K");
    },
  };
}

/** Something that this computer does not offer, foreseen: there is another way. */
export class NotToBeHad extends Error {}

/**
 * Runs one step, with its progress and the time it took on the screen. `work` gets `{ line }` to tell where it is, and gives a note
 * for the step's line; a {@link NotToBeHad} is told without alarm. Any error is thrown on after its line.
 */
export async function step(name, work) {
  const started = performance.now();
  const { line, end } = progress(name, started);
  try {
    const note = await work({ line });
    end();
    console.log(`${paint(32, "ok")} ${name} ${paint(2, seconds(started))}${note ? `  ${note}` : ""}`);
    return note;
  } catch (error) {
    end();
    if (error instanceof NotToBeHad) console.log(`${paint(33, "--")} ${name}: not to be had`);
    else console.log(`${paint(31, "FAILED")} ${name} ${paint(2, seconds(started))}`);
    throw error;
  }
}

/** Runs `work` over `items`, as many at a time as there are processors, keeping the order of the answers. */
export async function mapFew(items, work) {
  const answers = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) answers[i] = await work(items[i]);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return answers;
}
