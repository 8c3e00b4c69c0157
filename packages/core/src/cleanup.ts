/** One thing to undo, with the name the log calls it by. */
interface Entry {
  readonly what: string;
  undo(): Promise<void> | void;
}

type OnError = (what: string, error: unknown) => void;

/** Reverse-order teardown: every entry runs once, even when an earlier one fails. (AsyncDisposableStack is missing on Node 20.) */
export class CleanupStack implements AsyncDisposable {
  readonly #entries: Entry[] = [];
  #heir: CleanupStack | undefined;
  #sealed: OnError | undefined;

  /** Takes ownership of a resource and gives it back, so that it can be opened in one expression. */
  use<T extends AsyncDisposable>(resource: T, what: string): T {
    this.defer(what, async () => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Calls `undo` when this stack unwinds; at once where it was sealed. */
  defer(what: string, undo: () => Promise<void> | void): void {
    const onError = this.#sealed;
    if (this.#heir) this.#heir.defer(what, undo);
    else if (!onError) this.#entries.push({ what, undo });
    else (async () => undo())().catch((error: unknown) => onError(what, error));
  }

  /**
   * Hands all entries to another stack, keeping their order: what a successful attempt opened outlives the attempt. What is deferred
   * here later (by an action that ran out of time and was left behind) goes there too.
   */
  moveTo(other: CleanupStack): void {
    other.#entries.push(...this.#entries.splice(0));
    this.#heir = other;
  }

  /** From now on whatever is deferred is undone at once: an action that was left behind may still open something. */
  seal(onError: OnError): void {
    this.#sealed = onError;
  }

  /**
   * Unwinds, telling `onError` of each failure; goes on whatever fails. `guard` may bound how long each entry is waited for.
   */
  async unwind(
    onError: OnError,
    guard: (what: string, work: Promise<void>) => Promise<void> = (_what, work) => work,
  ): Promise<void> {
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      const { what, undo } = entry;
      try {
        await guard(what, (async () => undo())());
      } catch (error) {
        onError(what, error);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    await this.unwind((what, error) => errors.push(new Error(`cleanup failed: ${what}`, { cause: error })));
    if (errors.length > 0) throw new AggregateError(errors, "cleanup failed");
  }
}
