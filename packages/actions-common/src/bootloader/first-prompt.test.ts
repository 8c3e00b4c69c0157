import type { ConsoleMatch } from "@basalt/core";
import { Console, timeoutError } from "@basalt/core";
import { expect, test } from "vitest";
import { promptBehindFirst } from "./first-prompt.js";

const silent = () => new AbortController().signal;
const log = { debug: () => {} } as never;

/** A console on which the board already said something. */
function consoleThatSaid(text: string): Console {
  const readable = new ReadableStream<Uint8Array>({ start: (c) => c.enqueue(new TextEncoder().encode(text)) });
  return new Console({ readable, writable: new WritableStream() });
}

test("a prompt from before the command is not the command's own", async () => {
  await using console = consoleThatSaid("\r\n=> \r\n=> setenv autoload no\r\n=> ");
  const signal = silent();
  const hit = await promptBehindFirst(() => console.expect(["=> "], { signal }), { signal, log });
  expect(hit.before).toContain("setenv autoload no");
});

test("without echo the prompt counts when no other follows", async () => {
  const asked: (number | undefined)[] = [];
  const answers: (() => ConsoleMatch)[] = [
    () => ({ index: 0, before: "\r\n", text: "=> " }) as ConsoleMatch,
    () => {
      throw timeoutError("ERR_CONSOLE_TIMEOUT", "nothing came");
    },
  ];
  const hit = await promptBehindFirst(
    async (timeoutMs) => {
      asked.push(timeoutMs);
      return (answers.shift() as () => ConsoleMatch)();
    },
    { signal: silent(), log },
  );
  expect(hit.before).toBe("\r\n");
  expect(asked).toEqual([undefined, 1_000]);
});

test("an abort while the second prompt is waited for ends it", async () => {
  const stop = new AbortController();
  const reason = new Error("canceled");
  let calls = 0;
  const wait = promptBehindFirst(
    async () => {
      if (calls++ === 0) return { index: 0, before: "", text: "=> " } as ConsoleMatch;
      stop.abort(reason);
      throw reason;
    },
    { signal: stop.signal, log },
  );
  await expect(wait).rejects.toBe(reason);
});
