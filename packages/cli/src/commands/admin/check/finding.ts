/** One thing that was looked at. */
export interface Finding {
  /** `problem`: something does not work, or is not safe. `hint`: it may be meant so. */
  readonly level: "ok" | "hint" | "problem";
  /** What it is about: folders, disk, ports, keys, database, clock, workers, devices, texts, users. */
  readonly area: string;
  /** What was found, in words. */
  readonly found: string;
  /** What to do. */
  readonly fix?: string;
}

export const ok = (area: string, found: string): Finding => ({ level: "ok", area, found });
export const hint = (area: string, found: string, fix: string): Finding => ({ level: "hint", area, found, fix });
export const problem = (area: string, found: string, fix: string): Finding => ({ level: "problem", area, found, fix });

const mostNamed = 8;

/** Names in a finding: the first few of many. */
export const named = (names: readonly string[]): string =>
  names.length <= mostNamed
    ? names.join(", ")
    : `${names.slice(0, mostNamed).join(", ")} and ${names.length - mostNamed} more`;
