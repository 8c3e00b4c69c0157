import type { VNode } from "preact";

/** `1h 2m`, `3m 4s`, `5.6 s`, `12 ms`: at most two units. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "";
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const seconds = Math.round(ms / 1_000);
  const units: readonly (readonly [number, string])[] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "m"],
    [1, "s"],
  ];
  const first = units.findIndex(([size]) => seconds >= size);
  const [size = 1, unit = "s"] = units[first] ?? [];
  const [smaller = 1, smallerUnit = "s"] = units[first + 1] ?? [];
  const rest = Math.floor((seconds % size) / smaller);
  return rest > 0
    ? `${Math.floor(seconds / size)}${unit} ${rest}${smallerUnit}`
    : `${Math.floor(seconds / size)}${unit}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (number: number): string => String(number).padStart(2, "0");

/**
 * A moment in UTC. A script turns it into "3 minutes ago" (exact ones into the viewer's own time), and leaves the whole of it as the title.
 */
export function Time({ at, exact }: { readonly at: Date | null; readonly exact?: boolean }): VNode {
  if (!at) return <span class="none">–</span>;
  const text = `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())} UTC`;
  const iso = at.toISOString();
  return (
    <time datetime={iso} title={`${iso.slice(0, 19).replace("T", " ")} UTC`} data-relative={exact ? undefined : ""}>
      {text}
    </time>
  );
}

/** Colour and sign by word: nothing is told by colour alone. */
const tones: Readonly<Record<string, readonly [tone: string, sign: string]>> = {
  Complete: ["good", "✓"],
  pass: ["good", "✓"],
  Good: ["good", "✓"],
  Online: ["good", "●"],
  Active: ["good", "✓"],
  Incomplete: ["bad", "✗"],
  fail: ["bad", "✗"],
  Bad: ["bad", "✗"],
  Offline: ["bad", "○"],
  Canceled: ["off", "⊘"],
  Canceling: ["warn", "⊘"],
  skip: ["off", "↷"],
  unknown: ["warn", "?"],
  Unknown: ["warn", "?"],
  Running: ["busy", "▶"],
  Reserved: ["busy", "◷"],
  Scheduling: ["busy", "◷"],
  Scheduled: ["busy", "◷"],
  Submitted: ["wait", "⋯"],
  Idle: ["idle", "○"],
  Looping: ["warn", "↻"],
  Maintenance: ["warn", "⚒"],
  Retired: ["off", "⊘"],
};

/** A state or result as a small label. */
export function Badge({ word, count }: { readonly word: string; readonly count?: number }): VNode {
  const [tone, sign] = tones[word] ?? ["idle", "·"];
  return (
    <span class={`badge ${tone}`}>
      <span aria-hidden="true">{sign}</span> {word}
      {count === undefined ? "" : <b> {count}</b>}
    </span>
  );
}

/** How urgent a job is, in the words of definitions where there is one (spec: 0 to 100). */
export function priorityWord(priority: number): string {
  const words: Readonly<Record<number, string>> = { 0: "low", 50: "medium", 100: "high" };
  const word = words[priority];
  return word === undefined ? String(priority) : `${word} (${priority})`;
}

/** How a job stands: its end once it has ended, else its state. */
export const jobWord = ({ state, health }: { readonly state: string; readonly health: string }): string =>
  state === "Finished" ? (health === "Unknown" ? "Finished" : health) : state;

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
