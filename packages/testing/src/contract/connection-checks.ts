import { BasaltError, type ConnectionTransport, Console, systemClock } from "@basalt/core";
import { type ContractCheck, demand, leavesNothing, skipped } from "./contract-check.js";
import { endsSoon, failure } from "./settles.js";

type Open = (signal: AbortSignal) => Promise<ConnectionTransport>;

/** Opens a console, or says why there is no such scene. */
export type ConnectionScene = Open | string;

export interface ConnectionContract {
  /** For the names of the checks, where a plugin has several drivers. */
  readonly name?: string;
  /** Opens the console of a far end that says `login: ` and answers each line with `you said LINE`. */
  readonly works: Open;
  /** Opens the console of a far end that says `login: `, and hangs up when it hears a line. */
  readonly drops: ConnectionScene;
  /** There is nothing to open. */
  readonly refused: Open;
  /** Somebody else has the console. */
  readonly busy: ConnectionScene;
  /** A far end that takes the connection and never gets on with the opening. */
  readonly silent: ConnectionScene;
  /** How many consoles of the far end are open at the moment. */
  held(): number;
}

/** So long an answer of a peer on this machine is waited for, in milliseconds. */
const patienceMs = 5_000;
/** So long a far end may take to see that it was left, in milliseconds. */
const noticeMs = 2_000;
const said = { login: "login: ", line: "hello" };

async function talk(console: Console): Promise<void> {
  using deadline = systemClock.deadline(patienceMs, "the console's answer");
  await console.expect([said.login], { signal: deadline.signal });
  await console.send(`${said.line}\n`);
  await console.expect([`you said ${said.line}`], { signal: deadline.signal });
}

/** Waits until the far end has noticed that nobody is there. */
async function demandLeft({ held }: ConnectionContract, when: string): Promise<void> {
  const until = systemClock.monotonic() + noticeMs;
  while (held() > 0 && systemClock.monotonic() < until)
    await systemClock.sleep(5, { signal: new AbortController().signal });
  demand(held() === 0, `${when} the far end still has ${held()} open`);
}

function demandCode(error: unknown, code: string): void {
  demand(error !== undefined, "it opened, as if all were well");
  demand(error instanceof BasaltError, `expected a BasaltError, got ${String(error)}`);
  demand(error.code === code, `expected ${code}, got ${error.code}: ${error.message}`);
  demand(error.kind === "infrastructure", `its kind is ${error.kind}, not infrastructure`);
}

async function opensAndCloses(contract: ConnectionContract, stop: AbortController): Promise<void> {
  const transport = await contract.works(stop.signal);
  const console = new Console(transport);
  try {
    stop.abort(new Error("the action that opened it is over"));
    await talk(console);
  } finally {
    await console[Symbol.asyncDispose]();
    await transport[Symbol.asyncDispose]();
    await transport[Symbol.asyncDispose](); // a second time does no harm
  }
  await demandLeft(contract, "after it was closed");
}

/** The checks of a connection driver. */
export function connectionChecks(contract: ConnectionContract): readonly ContractCheck[] {
  const { works, drops, refused, busy, silent } = contract;
  const check = (
    what: string,
    work: (stop: AbortController, open: Open) => Promise<void>,
    scene: ConnectionScene = works,
  ): ContractCheck => {
    const name = `connection${contract.name === undefined ? "" : ` ${contract.name}`}: ${what}`;
    if (typeof scene === "string") return skipped(name, scene);
    return { name, run: () => leavesNothing((stop) => work(stop, scene), { listeners: 0 }) };
  };
  return [
    check("talks both ways, outlives the action that opened it, and is closed at the far end too", (stop) =>
      opensAndCloses(contract, stop),
    ),
    check("opens again after it was closed", async ({ signal }) => {
      for (let i = 0; i < 2; i++) {
        const transport = await works(signal);
        await transport[Symbol.asyncDispose]();
        await demandLeft(contract, "after it was closed");
      }
    }),
    check(
      "nothing there is the lab's fault, with what to check",
      async ({ signal }) => {
        const error = await failure(refused(signal));
        demandCode(error, "ERR_CONNECTION_REFUSED");
        demand(/check|is it |plugged/i.test(String(error)), `it does not say what to check: ${String(error)}`);
      },
      refused,
    ),
    check(
      "a console in use is named as such",
      async ({ signal }, open) => demandCode(await failure(open(signal)), "ERR_CONNECTION_BUSY"),
      busy,
    ),
    check(
      "a console that drops is a closed connection",
      async ({ signal }, open) => {
        const transport = await open(signal);
        const console = new Console(transport);
        using deadline = systemClock.deadline(patienceMs, "the end of the console");
        try {
          await console.expect([said.login], { signal: deadline.signal });
          await console.send(`${said.line}\n`);
          demandCode(
            await failure(console.expect(["never said"], { signal: deadline.signal })),
            "ERR_CONNECTION_CLOSED",
          );
        } finally {
          await console[Symbol.asyncDispose]();
          await transport[Symbol.asyncDispose]();
        }
        await demandLeft(contract, "after it dropped");
      },
      drops,
    ),
    check("what was canceled before is not opened", async (stop) => {
      stop.abort(new Error("canceled"));
      await endsSoon(works(stop.signal), "an opening that was canceled before");
      await demandLeft(contract, "though it was canceled before,");
    }),
    check(
      "a far end that hangs while it opens is left when the job is canceled, and the next opening works",
      async (_stop, open) => {
        using deadline = systemClock.deadline(300, "opening");
        await endsSoon(open(deadline.signal), "an opening that hangs");
        await demandLeft(contract, "after its opening was canceled");
        const transport = await works(new AbortController().signal);
        await transport[Symbol.asyncDispose]();
        await demandLeft(contract, "after it was closed");
      },
      silent,
    ),
  ];
}
