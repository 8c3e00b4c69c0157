import { refusal } from "../../submit/refusals.js";

export interface SocketLimits {
  /** WebSockets of all clients; 2,000 if absent. */
  readonly all?: number;
  /** Of one address; 200 if absent: a room of people behind one router watches its jobs. */
  readonly perAddress?: number;
}

const tooMany = refusal(429);
const full = refusal(503);
const retryAfter = 5;

/** Counts WebSockets from the moment they are asked for: those that wait to be let in are many as well. */
export function makeSocketSlots({ all = 2_000, perAddress = 200 }: SocketLimits = {}) {
  const taken = new Map<string, number>();
  let count = 0;
  return {
    /** @returns what gives the place back, once. @throws ERR_SOCKETS (429 for the address, 503 for all) */
    take(address: string): () => void {
      const own = taken.get(address) ?? 0;
      if (own >= perAddress)
        throw tooMany(
          "ERR_SOCKETS",
          `${own} WebSockets are open from ${address}, and there may be no more: close some, and try again`,
          { details: { retryAfter } },
        );
      if (count >= all)
        throw full("ERR_SOCKETS", `${count} WebSockets are open here, and there may be no more: try again`, {
          details: { retryAfter },
        });
      taken.set(address, own + 1);
      count++;
      let given = false;
      return () => {
        if (given) return;
        given = true;
        count--;
        const left = (taken.get(address) ?? 1) - 1;
        if (left === 0) taken.delete(address);
        else taken.set(address, left);
      };
    },
  };
}
