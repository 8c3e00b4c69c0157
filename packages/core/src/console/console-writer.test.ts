import { describe, expect, test } from "vitest";
import { failureOf, handClock, line } from "../testing/hand-held-line.js";
import { Console } from "./console.js";

describe("send", () => {
  test("text, lines and control keys, heard by listeners", async () => {
    const sent: string[] = [];
    const { console, seen } = line({ onSent: (text) => sent.push(text) });
    await console.send("a");
    await console.sendLine("ls");
    console.lineSeparator = "\r\n";
    await console.sendLine("pwd");
    await console.sendControl("c");
    await console.sendControl("]");
    expect(seen).toEqual(["a", "ls\n", "pwd\r\n", "\x03", "\x1d"]);
    expect(sent).toEqual(seen);
    expect((await failureOf(console.sendControl("5"))).code).toBe("ERR_CONTROL_KEY");
  });

  test("character by character, with the delay after each", async () => {
    const { console, seen } = line();
    const { clock, slept } = handClock();
    await console.send("né😀", { characterDelayMs: 20, clock });
    expect(seen).toEqual(["n", "é", "😀"]);
    expect(slept).toEqual([20, 20, 20]);
  });

  test("a lease keeps everybody else waiting", async () => {
    const { console, seen } = line();
    const lease = await console.lease();
    const job = console.send("job");
    await lease.send("person");
    lease.release();
    await job;
    expect(seen).toEqual(["person", "job"]);
    expect((await failureOf(lease.send("late"))).code).toBe("ERR_LEASE_RELEASED");
  });

  test("an aborted wait for the lease does not block the next", async () => {
    const { console, seen } = line();
    const lease = await console.lease();
    const abort = new AbortController();
    const given = console.send("never", { signal: abort.signal });
    abort.abort(new Error("gave up"));
    await expect(given).rejects.toThrow("gave up");
    lease.release();
    await console.send("next");
    expect(seen).toEqual(["next"]);
  });

  test("a write the device does not take ends with the signal", async () => {
    const { console, stall, ends } = line();
    stall(new Promise(() => {}));
    const abort = new AbortController();
    const sending = console.send("x", { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(sending).rejects.toThrow("enough");
    void console[Symbol.asyncDispose]();
    await Promise.resolve();
    expect(ends).toEqual(["cancel"]);
  });

  test("sending on a broken line is the lab's fault", async () => {
    const console = new Console({
      readable: new ReadableStream(),
      writable: new WritableStream({
        write: () => {
          throw new Error("EPIPE");
        },
      }),
    });
    const error = await failureOf(console.send("x"));
    expect(error).toMatchObject({ kind: "infrastructure", code: "ERR_CONNECTION_CLOSED", cause: new Error("EPIPE") });
  });
});
