import type { PtyProcess, PtySpawner, Transport } from "@basalt/core";

/** Starts nothing: what it is given is the far end of each program's terminal. Remembers command lines, and which ended. */
export class FakePtySpawner implements PtySpawner {
  /** All command lines, in order. */
  readonly spawned: (readonly string[])[] = [];
  /** Programs started and ended, by name, as `consoles` of a ContractScene. */
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  readonly #start: (argv: readonly string[]) => Transport & Partial<AsyncDisposable>;

  constructor(start: (argv: readonly string[]) => Transport & Partial<AsyncDisposable>) {
    this.#start = start;
  }

  /** Terminals of a board that gets power when a program starts, like a machine at the far end of `ssh`. */
  static of(board: { connect(): Transport & AsyncDisposable; powerOn(): void }): FakePtySpawner {
    return new FakePtySpawner(() => {
      const line = board.connect();
      board.powerOn();
      return line;
    });
  }

  async spawn(argv: readonly string[]): Promise<PtyProcess> {
    const line = this.#start(argv);
    const name = `${argv[0]} ${this.spawned.push([...argv])}`;
    this.opened.push(name);
    let end: (how: { readonly code: undefined }) => void = () => {};
    const exited = new Promise<{ readonly code: undefined }>((resolve) => {
      end = resolve;
    });
    return {
      readable: line.readable,
      writable: line.writable,
      pid: this.spawned.length,
      exited,
      [Symbol.asyncDispose]: async () => {
        if (!this.closed.includes(name)) this.closed.push(name);
        end({ code: undefined });
        await line[Symbol.asyncDispose]?.();
      },
    };
  }
}
