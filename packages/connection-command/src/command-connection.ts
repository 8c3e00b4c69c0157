import {
  asText,
  type Clock,
  ClockToken,
  type ConnectionTransport,
  configurationError,
  defineConnectionDriver,
  type PtyProcess,
  PtySpawnerToken,
  splitCommand,
} from "@basalt/core";
import { connectError, type FailedConnect, looksBusy, looksConnected, looksRefused } from "./connect-errors.js";
import { hangUp, kindOf } from "./hang-up.js";
import { type Watched, watchReadable } from "./watched-readable.js";

/** A command that lives so long has connected, unless it says otherwise. */
const settleMs = 1_000;
/** After telnet's word that it has: ser2net sends its "already in use" over the connection. */
const graceMs = 250;

interface Watch {
  readonly pty: PtyProcess;
  readonly watched: Watched;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly failed: Omit<FailedConnect, "said" | "ended">;
}

/** Waits until the command has connected; throws what kept it from it. */
async function untilConnected({ pty, watched, clock, signal, failed }: Watch): Promise<void> {
  const { said } = watched;
  const stop = new AbortController();
  const wait = AbortSignal.any([signal, stop.signal]);
  const after = <T>(ms: number, value: T): Promise<T> => {
    const time = clock.sleep(ms, { signal: wait }).then(() => value);
    time.catch(() => {});
    return time;
  };
  // its last words are still on their way when it ends
  const ended = pty.exited.then(async ({ code, endedBy }) => {
    await Promise.race([watched.finished, after(graceMs, undefined)]);
    return { how: endedBy ?? `status ${code}` };
  });
  ended.catch(() => {});
  try {
    let sawSign = false;
    let sawBusy = false;
    for (let up = after(settleMs, "up" as const); ; ) {
      if (!sawSign && looksConnected(said())) {
        sawSign = true;
        up = after(graceMs, "up" as const);
      }
      if (sawSign && !sawBusy && looksBusy(said())) {
        // a busy port is told and then closed; a console may also just talk of one
        sawBusy = true;
        up = after(settleMs, "up" as const);
      }
      const event = await Promise.race([ended, up, watched.more()]);
      if (typeof event === "object") throw connectError({ ...failed, said: said(), ended: event.how });
      if (event !== "up") continue;
      if (!sawSign && looksRefused(said())) throw connectError({ ...failed, said: said(), ended: undefined });
      return;
    }
  } finally {
    stop.abort();
  }
}

/** LAVA's connection commands (`telnet ser2net1 7101`), run in a pseudo terminal: what they print is the console. */
export const commandConnection = defineConnectionDriver({
  name: "command",
  schema: {
    type: "object",
    required: ["connect"],
    properties: { connect: { type: "string", description: "Command line whose terminal is the device's console." } },
  },
  async open({ device, connection, resolve, signal }): Promise<ConnectionTransport> {
    const command = asText(connection.config.connect);
    if (command === undefined)
      throw configurationError(
        "ERR_DEVICE_INVALID",
        `connection ${connection.name} of device ${device.hostname} names no command: add 'connect', like "telnet ser2net1 7101"`,
      );
    const argv = splitCommand(command);
    const clock = resolve(ClockToken);
    signal.throwIfAborted();
    const pty = await resolve(PtySpawnerToken).spawn(argv, {});
    const watched = watchReadable(pty.readable);
    try {
      const failed = { connection, hostname: device.hostname, command };
      await untilConnected({ pty, watched, clock, signal, failed });
    } catch (error) {
      await pty[Symbol.asyncDispose]();
      throw error;
    }
    const writer = pty.writable.getWriter();
    const kind = kindOf(connection.tags, argv[0] ?? "");
    let hungUp: Promise<void> | undefined;
    return {
      readable: watched.readable,
      // the program's own stream stays with us: hanging up types into it, whoever holds this one
      writable: new WritableStream<Uint8Array>({ write: (chunk) => writer.write(chunk) }),
      [Symbol.asyncDispose]: () => {
        hungUp ??= hangUp(pty, writer, { kind, clock });
        return hungUp;
      },
    };
  },
});
