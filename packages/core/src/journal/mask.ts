import { BasaltError } from "../errors.js";
import type { Journal, JournalEvent } from "./journal.js";

const mask = "[MASKED]";

/** Replaces secrets in text; longer ones first, so that one that contains another is masked whole. */
export type Masker = (text: string) => string;

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** Makes a masker; secrets that are empty are left alone. */
export function makeMasker(secrets: Iterable<string>): Masker {
  // a secret of several lines is printed line by line: each line of it is a secret too
  const parts = [...secrets]
    .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
    .filter((part) => part.trim().length > 0);
  const words = [...new Set(parts)].sort((a, b) => b.length - a.length);
  if (words.length === 0) return (text) => text;
  const pattern = new RegExp(words.map(escapeRegExp).join("|"), "g");
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
  #held = "";
  constructor(
    private readonly masked: Masker,
    private readonly secrets: readonly string[],
  ) {}

  push(text: string): string {
    const all = this.#held + text;
    const hold = this.#couldBegin(all);
    this.#held = all.slice(all.length - hold);
    return this.masked(all.slice(0, all.length - hold));
  }

  #couldBegin(text: string): number {
    let longest = 0;
    for (const secret of this.secrets) {
      for (let n = Math.min(secret.length - 1, text.length); n > longest; n--) {
        if (text.endsWith(secret.slice(0, n))) longest = n;
      }
    }
    return longest;
  }

  flush(): string {
    const rest = this.masked(this.#held);
    this.#held = "";
    return rest;
  }
}

/** A journal in front of another that lets no secret through, even one cut in two by console chunks. */
export function maskJournal(journal: Journal, secrets: readonly string[]): Journal & { flush(): void } {
  const masked = makeMasker(secrets);
  const words = secrets.filter((secret) => secret.length > 0);
  if (words.length === 0) return { append: (event) => journal.append(event), flush: () => {} };
  const consoles = new Map<string, StreamMasker>();
  let lastAt = 0;
  const append = (event: JournalEvent): void => {
    lastAt = event.at;
    if (event.type === "console") {
      let stream = consoles.get(event.namespace);
      if (!stream) {
        stream = new StreamMasker(masked, words);
        consoles.set(event.namespace, stream);
      }
      const text = stream.push(event.text);
      if (text !== "") journal.append({ ...event, text });
    } else if (event.type === "action-ended") {
      journal.append({ ...event, ...(event.error ? { error: maskError(event.error, masked) } : {}) });
    } else {
      journal.append(maskDeep(event, masked));
    }
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
