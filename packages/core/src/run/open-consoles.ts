import type { Console } from "../console/index.js";

/** The consoles a job has open. A namespace has at most one current console. */
export class OpenConsoles {
  readonly #open = new Map<string, Console>();

  get(namespace: string): Console | undefined {
    return this.#open.get(namespace);
  }

  set(namespace: string, console: Console): void {
    this.#open.set(namespace, console);
  }

  /** Forgets a console that was closed; another one of the namespace stays. */
  delete(namespace: string, console: Console): void {
    if (this.#open.get(namespace) === console) this.#open.delete(namespace);
  }

  entries(): readonly (readonly [string, Console])[] {
    return [...this.#open];
  }
}
