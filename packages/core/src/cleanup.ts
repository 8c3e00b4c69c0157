/** One thing to undo, with the name the log calls it by. */
interface Entry {
  readonly what: string;
  undo(): Promise<void> | void;
}

/** Reverse-order teardown: every entry runs once, even when an earlier one fails. (AsyncDisposableStack is missing on Node 20.) */
export class CleanupStack implements AsyncDisposable {
  readonly #entries: Entry[] = [];

  /** Takes ownership of a resource and gives it back, so that it can be opened in one expression. */
  use<T extends AsyncDisposable>(resource: T, what: string): T {
    this.defer(what, async () => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Calls `undo` when this stack unwinds. */
  defer(what: string, undo: () => Promise<void> | void): void {
    this.#entries.push({ what, undo });
  }

  /** Hands all entries to another stack, keeping their order: what a successful attempt opened outlives the attempt. */
  moveTo(other: CleanupStack): void {
    other.#entries.push(...this.#entries.splice(0));
  }

  /**
   * Unwinds, telling `onError` of each failure; goes on whatever fails. `guard` may bound how long each entry is waited for.
   */
  async unwind(
    onError: (what: string, error: unknown) => void,
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
