/** A time for people: `0.4 s`, `12 s`, `2:05`, `1:02:03`. */
export function humanTime(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number): string => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** An amount of bytes for people: `512 B`, `1.5 MB`. */
export function humanBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** How far a step is: `45%, 12 MB of 27 MB, 2.3 MB/s`. */
export function humanProgress({
  done,
  total,
  unit,
  perSecond,
}: {
  readonly done: number;
  readonly total?: number | undefined;
  readonly unit: "bytes" | "steps";
  /** Left out of the text where it is not known. */
  readonly perSecond?: number | undefined;
}): string {
  const amount = (n: number): string => (unit === "bytes" ? humanBytes(n) : String(Math.round(n)));
  const share = total && total > 0 ? [`${Math.min(100, Math.floor((100 * done) / total))}%`] : [];
  const far = total === undefined ? amount(done) : `${amount(done)} of ${amount(total)}`;
  const rate = unit === "bytes" && perSecond !== undefined ? [`${humanBytes(perSecond)}/s`] : [];
  return [...share, far, ...rate].join(", ");
}
