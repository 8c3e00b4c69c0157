import { expect, test } from "vitest";
import { settle } from "../fakes/fake-clock.js";
import { ScriptedBoard, shellScript } from "./scripted-board.js";

const options = { signal: new AbortController().signal, log: undefined as never };

test("it plays a script for each boot, waits for keys, and ends its line where the script says so", async () => {
  const board = new ScriptedBoard([{ say: "one" }], [...shellScript("> ", { help: "none" }), "unplug"]);
  const line = board.connect();
  const reader = line.readable.getReader();
  const read = async () => new TextDecoder().decode((await reader.read()).value);
  await board.power.on(options);
  expect(await read()).toBe("one");
  await board.power.reset(options);
  expect(await read()).toBe("> ");
  const writer = line.writable.getWriter();
  await writer.write(new TextEncoder().encode("he"));
  await settle();
  await writer.write(new TextEncoder().encode("lp\n"));
  expect(await read()).toBe("help\r\nnone\r\n> ");
  expect((await reader.read()).done).toBe(true);
  expect([board.boots, board.connections, board.typed]).toEqual([2, 1, "help\n"]);
});
