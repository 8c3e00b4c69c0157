/** Monotonic milliseconds; the one place of this package that reads a clock. */
export const monotonicMs = (): number => performance.now();
