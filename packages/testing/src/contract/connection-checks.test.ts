import { type ConnectionTransport, infrastructureError } from "@basalt/core";
import { expect, test } from "vitest";
import { FakeShell } from "../serial/fake-shell.js";
import { type ConnectionContract, connectionChecks } from "./connection-checks.js";

let open = 0;

/** A driver as it should be, for a far end in memory. */
async function works(signal: AbortSignal, change: Partial<ConnectionTransport> = {}): Promise<ConnectionTransport> {
  signal.throwIfAborted();
  const { line } = new FakeShell((text) => `you said ${text}\r\n`, "login: ");
  open++;
  let closed = false;
  return {
    ...line,
    async [Symbol.asyncDispose]() {
      if (!closed) open--;
      closed = true;
      await line[Symbol.asyncDispose]();
    },
    ...change,
  };
}
const never = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );
const refusal = (message: string) => async () => {
  throw infrastructureError("ERR_CONNECTION_REFUSED", message);
};

const good: ConnectionContract = {
  works,
  drops: "it does not",
  refused: refusal("nobody listens: check the port"),
  busy: async () => {
    throw infrastructureError("ERR_CONNECTION_BUSY", "somebody else has it");
  },
  silent: never,
  held: () => open,
};

async function verdict(change: Partial<ConnectionContract>, about: string): Promise<string> {
  open = 0;
  const found = connectionChecks({ ...good, ...change }).find(({ name }) => name.includes(about));
  if (!found) throw new Error(`no check '${about}'`);
  return found.run().then(
    () => "kept",
    (error: Error) => error.message,
  );
}

test("a driver as it should be keeps all of it", async () => {
  for (const about of ["talks both ways", "opens again", "nothing there", "in use", "canceled before", "hangs while"])
    expect(await verdict({}, about)).toBe("kept");
});

test.each<[string, Partial<ConnectionContract>, string, string]>([
  [
    "never hangs up",
    { works: (signal) => works(signal, { [Symbol.asyncDispose]: async () => {} }) },
    "opens again",
    "the far end still has 1 open",
  ],
  ["opens a canceled console", { works: () => works(new AbortController().signal) }, "canceled before", "resolved"],
  ["says nothing of what to check", { refused: refusal("no") }, "nothing there", "it does not say what to check"],
  ["takes a busy console", { busy: works }, "in use", "it opened, as if all were well"],
  ["ignores its signal", { silent: () => new Promise(() => {}) }, "hangs while", "goes on 2 s after"],
  [
    "keeps a listener",
    {
      works: (signal) => {
        signal.addEventListener("abort", () => {});
        return works(signal);
      },
    },
    "opens again",
    "listeners for 'abort' are left",
  ],
])("one that %s is caught", async (_what, change, about, message) => {
  expect(await verdict(change, about)).toContain(message);
});
