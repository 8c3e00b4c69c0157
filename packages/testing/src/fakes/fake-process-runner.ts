import {
  infrastructureError,
  type ProcessOptions,
  type ProcessResult,
  type ProcessRunner,
  rejectOnAbort,
} from "@basalt/core";

/** How a fake command ends: success without output unless it says otherwise. */
export type FakeAnswer = Partial<ProcessResult>;

type Matcher = string | RegExp | ((argv: readonly string[]) => boolean);
type Answer = FakeAnswer | ((argv: readonly string[], options: ProcessOptions) => FakeAnswer | Promise<FakeAnswer>);

const matches = (matcher: Matcher, argv: readonly string[]): boolean => {
  if (typeof matcher === "function") return matcher(argv);
  if (typeof matcher === "string") return argv[0] === matcher || argv.join(" ") === matcher;
  return matcher.test(argv.join(" "));
};

/** Runs nothing: remembers the commands and gives scripted answers. A command that no answer matches is not found. */
export class FakeProcessRunner implements ProcessRunner {
  /** All commands, in order. */
  readonly calls: (readonly string[])[] = [];
  /** Commands that ended with status 0, in order. */
  readonly succeeded: (readonly string[])[] = [];
  /** What each command was given beside its arguments. */
  readonly options: ProcessOptions[] = [];
  readonly #running = new Set<readonly string[]>();
  readonly #answers: { readonly matcher: Matcher; readonly answer: Answer }[] = [];

  /** Answers commands: a program's name, a whole command line, a pattern of it or a test. Later answers win. */
  answer(matcher: Matcher, answer: Answer = {}): this {
    this.#answers.unshift({ matcher, answer });
    return this;
  }

  /** The first `times` commands that match never end by themselves; those after them are answered as if this were not here. */
  stall(matcher: Matcher, times = Number.POSITIVE_INFINITY): this {
    let left = times;
    return this.answer(
      (argv) => left > 0 && matches(matcher, argv),
      (_argv, { signal }) => {
        left--;
        return rejectOnAbort(signal).promise;
      },
    );
  }

  async run(argv: readonly string[], options: ProcessOptions): Promise<ProcessResult> {
    options.signal.throwIfAborted();
    this.calls.push([...argv]);
    this.options.push(options);
    const found = this.#answers.find(({ matcher }) => matches(matcher, argv));
    if (!found)
      throw infrastructureError("ERR_COMMAND_NOT_FOUND", `no such program: ${argv[0]} (the fake has no answer for it)`);
    const { answer } = found;
    this.#running.add(argv);
    const given = await this.#answer(answer, argv, options).finally(() => this.#running.delete(argv));
    const result: ProcessResult = { code: 0, stdout: "", stderr: "", ms: 1, ...given };
    if (result.code === 0) this.succeeded.push([...argv]);
    for (const stream of ["stdout", "stderr"] as const)
      for (const line of result[stream].split(/\r?\n/).filter((text) => text !== "")) options.onLine?.(line, stream);
    return result;
  }

  /** Command lines that have not ended yet. */
  get running(): readonly string[] {
    return [...this.#running].map((argv) => argv.join(" "));
  }

  async #answer(answer: Answer, argv: readonly string[], options: ProcessOptions): Promise<FakeAnswer> {
    return typeof answer === "function" ? answer(argv, options) : answer;
  }

  async find(program: string): Promise<string | undefined> {
    return this.#answers.some(({ matcher }) => matches(matcher, [program])) ? `/fake/bin/${program}` : undefined;
  }
}
