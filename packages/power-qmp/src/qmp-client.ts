import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { infrastructureError } from "@basalt/core";

/** Where QEMU's QMP listens: a socket file or host:port. */
export type QmpAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** Reads `/run/board.qmp`, `unix:/run/board.qmp` or `127.0.0.1:4444`. */
export function readAddress(text: string): QmpAddress {
  const tcp = /^(?:tcp:)?([^/]+):(\d+)$/.exec(text);
  if (tcp) return { host: tcp[1] ?? "127.0.0.1", port: Number(tcp[2]) };
  return { path: text.replace(/^unix:/, "") };
}

interface QmpMessage {
  readonly QMP?: unknown;
  readonly return?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly class: string; readonly desc: string };
  readonly event?: string;
}

function open(address: QmpAddress, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = "path" in address ? connect(address.path) : connect(address.port, address.host);
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = (): void => signal.removeEventListener("abort", onAbort);
    socket.once("error", (error) => {
      settle();
      reject(error);
    });
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
  });
}

function readMessage(line: string): QmpMessage {
  try {
    return JSON.parse(line) as QmpMessage;
  } catch (cause) {
    const said = line.slice(0, 80);
    throw infrastructureError("ERR_POWER_REFUSED", `what answers is not QEMU's QMP: it said '${said}'`, { cause });
  }
}

/** True where nobody listens: the machine is not running. */
export const nobodyListens = (error: unknown): boolean =>
  ["ENOENT", "ECONNREFUSED"].includes((error as NodeJS.ErrnoException | undefined)?.code ?? "");

/** True where QEMU ended in the middle of a conversation. */
export const hungUp = (error: unknown): boolean =>
  ["ECONNRESET", "EPIPE", "ERR_POWER_UNREACHABLE"].includes((error as NodeJS.ErrnoException | undefined)?.code ?? "");

/** One conversation with QEMU: greeting, capabilities, a command, its answer. `quit` ends when QEMU hangs up. */
export async function qmpCommand(
  address: QmpAddress,
  command: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<Readonly<Record<string, unknown>>> {
  const socket = await open(address, signal);
  const hangUp = (): void => void socket.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener("abort", hangUp, { once: true });
  try {
    const say = (execute: string): void => void socket.write(`${JSON.stringify({ execute })}\n`);
    let asked = false;
    for await (const line of createInterface({ input: socket })) {
      const message = readMessage(line);
      if (message.QMP) say("qmp_capabilities");
      else if (message.error)
        throw infrastructureError("ERR_POWER_REFUSED", `QEMU refused '${command}': ${message.error.desc}`);
      else if (message.return && asked) return message.return;
      else if (message.return) {
        asked = true;
        say(command);
      }
    }
    signal.throwIfAborted();
    if (command === "quit" && asked) return {};
    throw infrastructureError("ERR_POWER_UNREACHABLE", `QEMU hung up before it answered '${command}'`);
  } catch (error) {
    // QEMU may end before the answer to 'quit' is read: that is the answer
    if (command === "quit" && hungUp(error)) return {};
    throw error;
  } finally {
    signal.removeEventListener("abort", hangUp);
    socket.destroy();
  }
}
