/** How long to wait before the next try: longer after each failure, never the same for two workers. */
export interface BackOff {
  /** Milliseconds to wait now. */
  next(limits: { readonly leastMs: number; readonly mostMs: number }): number;
  /** It worked: begin anew. */
  reset(): void;
}

/** Doubles from `leastMs` to `mostMs`; a random half of each wait keeps workers from coming all at once after a server's restart. */
export function makeBackOff(random: () => number = Math.random): BackOff {
  let failures = 0;
  return {
    next({ leastMs, mostMs }) {
      const full = Math.min(mostMs, leastMs * 2 ** Math.min(failures++, 20));
      return full / 2 + (full / 2) * random();
    },
    reset() {
      failures = 0;
    },
  };
}
