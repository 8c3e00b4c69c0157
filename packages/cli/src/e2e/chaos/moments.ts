import { systemClock } from "@basalt/core";
import type { LinkHeader } from "./link-messages.js";

/** A message about a job that passes a worker's line. */
export interface Passing {
  readonly worker: string;
  readonly header: LinkHeader;
}

export interface Wanted {
  /** The message's type. */
  readonly type: string;
  /** Whether the other side does not get it. */
  readonly isLost: boolean;
}

/** Messages as they pass all lines, for whoever wants to strike at a moment. */
export interface Moments {
  /** Told of each message, before the other side has it. @returns whether it gets lost */
  pass(passing: Passing): boolean;
  /** The next message of a type, or undefined where none comes in time; heard of before the other side has it. */
  next(wanted: Wanted, withinMs: number): Promise<Passing | undefined>;
  /** The next message of a type gets lost. */
  lose(type: string): void;
}

interface Waiting {
  readonly wanted: Wanted;
  readonly met: (passing: Passing) => void;
}

/** @param noted hears of every message */
export function makeMoments(noted: (passing: Passing) => void): Moments {
  const waiting = new Set<Waiting>();
  return {
    pass(passing) {
      noted(passing);
      for (const one of waiting) {
        if (one.wanted.type !== passing.header.type) continue;
        waiting.delete(one);
        one.met(passing);
        return one.wanted.isLost;
      }
      return false;
    },
    async next(wanted, withinMs) {
      const over = new AbortController();
      let one: Waiting | undefined;
      const met = new Promise<Passing>((resolve) => {
        one = { wanted, met: resolve };
        waiting.add(one);
      });
      const late = systemClock.sleep(withinMs, { signal: over.signal }).then(
        () => undefined,
        () => undefined,
      );
      const passing = await Promise.race([met, late]);
      over.abort();
      if (one) waiting.delete(one);
      return passing;
    },
    lose(type) {
      waiting.add({ wanted: { type, isLost: true }, met: () => {} });
    },
  };
}
