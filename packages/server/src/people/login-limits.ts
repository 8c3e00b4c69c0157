import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { refusal } from "../submit/refusals.js";

export interface LoginLimitOptions {
  /** Wrong passwords from one address in `seconds`. */
  readonly perAddress?: number;
  /** Wrong passwords for one name, from wherever. */
  readonly perName?: number;
  readonly seconds?: number;
}

/** Counts log-ins that failed, by address and by name. Kept in memory: a restart forgives. */
export interface LoginLimits {
  /** Takes one attempt, before the password is looked at. @throws ERR_LOGIN_LIMIT (429), `details.retryAfter` in seconds */
  take(address: string, username: string): Promise<void>;
  /** It was right: the attempts of this pair are forgotten. */
  succeeded(address: string, username: string): Promise<void>;
}

const tooMany = refusal(429);
/** Names as they are counted: longer ones are nobody's, and are not to fill the memory. */
const counted = (username: string): string => username.slice(0, 200).toLowerCase();

export function makeLoginLimits({ perAddress = 30, perName = 10, seconds = 300 }: LoginLimitOptions = {}): LoginLimits {
  const byAddress = new RateLimiterMemory({ points: perAddress, duration: seconds });
  const byName = new RateLimiterMemory({ points: perName, duration: seconds });
  const refuse = (error: unknown): never => {
    if (!(error instanceof RateLimiterRes)) throw error;
    const retryAfter = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
    throw tooMany("ERR_LOGIN_LIMIT", `too many attempts to log in: try again in ${retryAfter} seconds`, {
      details: { retryAfter },
    });
  };
  return {
    async take(address, username) {
      await byAddress.consume(address).catch(refuse);
      await byName.consume(counted(username)).catch(refuse);
    },
    async succeeded(address, username) {
      await byAddress.reward(address);
      await byName.delete(counted(username));
    },
  };
}
