import { BasaltError } from "../errors.js";
import type { Journal, JournalEvent, ResultRecord } from "./journal.js";

const mask = "[MASKED]";

/** Replaces secrets in text; longer ones first, so that one that contains another is masked whole. */
export type Masker = (text: string) => string;

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** What must not be shown, longest first. A secret of several lines is printed line by line: each line of it is a secret too. */
function wordsOf(secrets: Iterable<string>): readonly string[] {
  const parts = [...secrets]
    .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
    .filter((part) => part.trim().length > 0);
  return [...new Set(parts)].sort((a, b) => b.length - a.length);
}

const patternOf = (words: readonly string[]): RegExp => new RegExp(words.map(escapeRegExp).join("|"), "g");

/** Makes a masker; secrets that are empty are left alone. */
export function makeMasker(secrets: Iterable<string>): Masker {
  const words = wordsOf(secrets);
  if (words.length === 0) return (text) => text;
  const pattern = patternOf(words);
  return (text) => text.replace(pattern, mask);
}

function maskDeep<T>(value: T, masked: Masker): T {
  if (typeof value === "string") return masked(value) as T;
  if (Array.isArray(value)) return value.map((item) => maskDeep(item, masked)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [masked(key), maskDeep(item, masked)])) as T;
}

/** An error with secrets taken out of its message, details and causes. */
export function maskError(error: BasaltError, masked: Masker): BasaltError {
  const cause = error.cause instanceof BasaltError ? maskError(error.cause, masked) : maskCause(error.cause, masked);
  const copy = new BasaltError(error.kind, error.code, masked(error.message), {
    ...(cause === undefined ? {} : { cause }),
    details: maskDeep(error.details, masked),
  });
  if (error.stack) copy.stack = masked(error.stack);
  return copy;
}

function maskCause(cause: unknown, masked: Masker): unknown {
  if (cause === undefined) return undefined;
  if (!(cause instanceof Error)) return masked(String(cause));
  const copy = new Error(masked(cause.message));
  if (cause.stack) copy.stack = masked(cause.stack);
  return copy;
}

/** Text of a console comes in pieces that may cut a secret in two: the tail that could begin one waits for the next piece. */
class StreamMasker {
  readonly #words: readonly string[];
  readonly #pattern: RegExp;
  #held = "";

  constructor(words: readonly string[]) {
    this.#words = words;
    this.#pattern = patternOf(words);
  }

  push(text: string): string {
    const all = this.#held + text;
    const cut = this.#cutOf(all);
    this.#held = all.slice(cut);
    return all.slice(0, cut).replace(this.#pattern, mask);
  }

  flush(): string {
    const rest = this.#held.replace(this.#pattern, mask);
    this.#held = "";
    return rest;
  }

  /** Up to where text is safe to show: before what may become a secret, and not in the middle of one. */
  #cutOf(text: string): number {
    let longest = 0;
    for (const word of this.#words) {
      for (let n = Math.min(word.length - 1, text.length); n > longest; n--) {
        if (text.endsWith(word.slice(0, n))) longest = n;
      }
    }
    const cut = text.length - longest;
    if (longest === 0) return cut;
    for (const { index, 0: found } of text.matchAll(this.#pattern)) {
      if (index < cut && index + found.length > cut) return index;
    }
    return cut;
  }
}

/** Words of the record itself, which nothing secret can be read from: masked, they would break who reads the log. */
const fixedKeys: ReadonlySet<string> = new Set(["result", "level", "duration", "namespace", "error_type"]);

function maskResult(result: ResultRecord, masked: Masker): ResultRecord {
  const isActions = result.definition === "lava";
  const entries = Object.entries(result).map(([key, value]) =>
    fixedKeys.has(key) || (isActions && (key === "definition" || key === "case"))
      ? [key, value]
      : [key, maskDeep(value, masked)],
  );
  return Object.fromEntries(entries) as ResultRecord;
}

function maskEvent(event: Exclude<JournalEvent, { type: "console" }>, masked: Masker): JournalEvent {
  switch (event.type) {
    case "log":
      return { ...event, message: masked(event.message) };
    case "result":
      return { ...event, result: maskResult(event.result, masked) };
    case "action-ended":
      return event.error ? { ...event, error: maskError(event.error, masked) } : event;
    case "progress":
      return { ...event, what: masked(event.what) };
    case "action-started":
      return event;
  }
}

/** A journal in front of another that lets no secret through, even one cut in two by console chunks. */
export function maskJournal(journal: Journal, secrets: readonly string[]): Journal & { flush(): void } {
  const masked = makeMasker(secrets);
  const words = wordsOf(secrets);
  if (words.length === 0) return { append: (event) => journal.append(event), flush: () => {} };
  const consoles = new Map<string, StreamMasker>();
  let lastAt = 0;
  const append = (event: JournalEvent): void => {
    lastAt = event.at;
    if (event.type !== "console") {
      journal.append(maskEvent(event, masked));
      return;
    }
    let stream = consoles.get(event.namespace);
    if (!stream) {
      stream = new StreamMasker(words);
      consoles.set(event.namespace, stream);
    }
    const text = stream.push(event.text);
    if (text !== "") journal.append({ ...event, text });
  };
  return {
    append,
    flush() {
      for (const [namespace, stream] of consoles) {
        const text = stream.flush();
        if (text !== "") journal.append({ type: "console", at: lastAt, namespace, text });
      }
    },
  };
}
