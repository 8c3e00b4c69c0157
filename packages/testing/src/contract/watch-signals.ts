import { getEventListeners } from "node:events";

/** Notes which signals are listened to while it is in use. */
export interface SignalWatch extends Disposable {
  /** Listeners that are still on signals that were not aborted, each as the line of code that added it. */
  left(): readonly string[];
}

/** Where a listener was added: the first line outside of Node. Node's fetch keeps its own until the request is collected: undefined. */
function adder(added: Error): string | undefined {
  const lines = (added.stack ?? "").split("\n").slice(2);
  if (lines.some((line) => line.includes("undici"))) return undefined;
  return (lines.find((line) => !line.includes("node:")) ?? lines[0] ?? "").trim();
}

/**
 * Watches every AbortSignal of this process: those of single actions too, which nobody else sees. A listener that an action leaves on its
 * signal holds what it closes over, and is called when a later action's time runs out.
 */
export function watchSignals(): SignalWatch {
  const { addEventListener } = EventTarget.prototype;
  const seen = new Map<AbortSignal, Map<unknown, Error>>();
  EventTarget.prototype.addEventListener = function (this: EventTarget, ...argv: Parameters<typeof addEventListener>) {
    if (this instanceof AbortSignal && argv[0] === "abort") {
      const listeners = seen.get(this) ?? new Map();
      seen.set(this, listeners.set(argv[1], new Error())); // its stack is written only where it is read
    }
    return addEventListener.apply(this, argv);
  };
  const leftOn = (signal: AbortSignal, listeners: ReadonlyMap<unknown, Error>): readonly string[] =>
    (signal.aborted ? [] : getEventListeners(signal, "abort")).flatMap((listener) => {
      const added = listeners.get(listener);
      return (added && adder(added)) ?? [];
    });
  return {
    left: () => [...seen].flatMap(([signal, listeners]) => leftOn(signal, listeners)),
    [Symbol.dispose]: () => {
      EventTarget.prototype.addEventListener = addEventListener;
    },
  };
}
