import {
  type ActionContext,
  type ConsoleMatch,
  compilePattern,
  isBasaltError,
  type Pattern,
  type ProtocolSession,
  testError,
} from "@basalt/core";
import { promptPatterns, sendLine } from "../../session.js";
import type { Session, TestRun } from "../../slots.js";
import { type Signal, signalPattern } from "../signals/signal.js";
import { SignalStream } from "../signals/signal-stream.js";
import { TestRecorder } from "../signals/test-recorder.js";
import { fatalKernelPatterns, KernelWatch } from "./kernel-watch.js";
import { askMultinode, multinodePattern } from "./multinode-requests.js";

/** A run of the test runner in a shell that waits for commands. */
export interface TestShellRequest {
  readonly session: Session;
  /** Definitions of this stage. */
  readonly runs: readonly TestRun[];
  readonly stage: number;
  /** Starts the runner: `/lava-42/bin/lava-test-runner /lava-42/0`. */
  readonly command: string;
  /** The group that the job is one of: the device's requests go to it. */
  readonly multinode?: ProtocolSession;
}

const exitText = "<LAVA_TEST_RUNNER EXIT>";
const installFailText = "<LAVA_TEST_RUNNER INSTALL_FAIL>";
const signals = compilePattern(signalPattern);
const requests = compilePattern(multinodePattern);
const ownPatterns: readonly (string | Pattern)[] = [exitText, installFailText, signals, requests];

/** How the runner ended. */
type Ended = "EXIT" | "INSTALL_FAIL";

/** What the prompt may take to come back after the runner's last word. */
const promptMs = 2000;

class TestShell {
  readonly #stream = new SignalStream();
  readonly #recorder: TestRecorder;
  readonly #kernel: KernelWatch;
  #ended: Ended | undefined;
  #numbered = false;

  constructor(
    private readonly request: TestShellRequest,
    private readonly ctx: ActionContext,
  ) {
    const { level, log, namespace } = ctx;
    this.#kernel = new KernelWatch(request.session, ctx);
    this.#recorder = new TestRecorder({
      runs: request.runs,
      namespace,
      level,
      log,
      report: (result) => ctx.report(result),
      now: () => ctx.clock.monotonic(),
      logLine: () => ctx.logLine(),
    });
  }

  /** Reads the console until the runner is done. Whatever ends it, what came is reported. */
  async run(): Promise<Ended> {
    let reason = "the runner ended before it";
    try {
      while (this.#ended === undefined) await this.#step();
      return this.#ended;
    } catch (error) {
      reason = isBasaltError(error) ? error.message : "the test was interrupted";
      throw error;
    } finally {
      this.#finish(reason);
    }
  }

  /** One match, or a tick: nothing said for a while is no failure (lava-dispatcher.md 9, 13). */
  async #step(): Promise<void> {
    const pattern = this.#recorder.current?.pattern;
    const patterns = [
      ...ownPatterns,
      ...fatalKernelPatterns,
      ...(pattern === undefined ? [] : [compilePattern(pattern)]),
    ];
    const match = await this.#expect(patterns);
    if (!match) return this.#kernel.judge();
    const kernel = match.index - ownPatterns.length;
    if (match.index === 2) return this.#takeSignal(match.text);
    if (match.index === 3) return this.#askGroup(match.groups);
    if (match.index < 2) this.#end(match.index === 0 ? "EXIT" : "INSTALL_FAIL");
    else if (kernel < fatalKernelPatterns.length) await this.#kernel.take(kernel, match, ownPatterns);
    else this.#recorder.takeMatch(match.named);
  }

  async #expect(patterns: readonly (string | Pattern)[]): Promise<ConsoleMatch | undefined> {
    const { clock, connectionTimeoutMs, signal } = this.ctx;
    const timeoutMs = Math.min(this.#kernel.leftMs ?? connectionTimeoutMs, connectionTimeoutMs);
    try {
      return await this.request.session.console.expect(patterns, { signal, clock, timeoutMs });
    } catch (error) {
      if (isBasaltError(error) && error.code === "ERR_CONSOLE_TIMEOUT" && !signal.aborted) return undefined;
      throw error;
    }
  }

  async #takeSignal(text: string): Promise<void> {
    const { answer, signals: received } = this.#stream.take(text);
    if (received.length > 0) this.#kernel.clear();
    try {
      // first of all: the device waits for it
      if (answer !== undefined) await this.#type(answer);
    } finally {
      for (const signal of received) await this.#act(signal);
    }
  }

  /** A request to the other jobs of the group. Where there is no group, nobody answers: as LAVA, which does not even see it. */
  async #askGroup([verb = "", words = ""]: ConsoleMatch["groups"]): Promise<void> {
    const { multinode } = this.request;
    if (!multinode) return this.ctx.log.warning(`the device asks its group '${verb} ${words}', but this job has none`);
    const answer = await askMultinode(multinode, { verb, words: words.trim().split(/\s+/) }, this.ctx);
    if (answer === undefined) return;
    this.ctx.log.write("input", answer);
    await this.#type(answer);
  }

  async #type(answer: string): Promise<void> {
    const { characterDelayMs, clock, signal } = this.ctx;
    const { console, lineSeparator } = this.request.session;
    await console.send(answer + lineSeparator, { characterDelayMs, clock, signal });
  }

  async #act(signal: Signal): Promise<void> {
    const todo = this.#recorder.take(signal);
    if (todo?.effect === "raise") throw todo.error;
    if (todo?.effect === "feedback") await this.#feedback(todo.namespace);
    if (todo?.effect === "runner" && todo.state !== "START")
      this.#end(todo.state === "EXIT" ? "EXIT" : "INSTALL_FAIL", true);
  }

  /** Lets another namespace's console have its say for a second. */
  async #feedback(namespace: string): Promise<void> {
    const { clock, job, log, signal } = this.ctx;
    const console = job.consoles.get(namespace);
    if (!console || console === this.request.session.console)
      log.warning(`feedback: namespace '${namespace}' has no console of its own`);
    else await console.drain({ forMs: 1000, signal, clock });
  }

  #end(state: Ended, numbered = false): void {
    this.#ended = state;
    this.#numbered = numbered;
  }

  /** After a numbered end, LAVA's line and the prompt are still to come: none of it may be found by a later test. */
  async settle(): Promise<void> {
    const { clock, signal } = this.ctx;
    const { console, prompts } = this.request.session;
    const until = async (patterns: readonly (string | Pattern)[]): Promise<void> => {
      await console.expect(patterns, { signal, clock, timeoutMs: promptMs }).catch((error: unknown) => {
        signal.throwIfAborted();
        this.ctx.log.debug(`after the test: ${isBasaltError(error) ? error.message : String(error)}`);
      });
    };
    if (this.#numbered) await until([exitText, installFailText]);
    if (prompts.length > 0) await until(promptPatterns(prompts));
  }

  #finish(reason: string): void {
    const { lost, missing, signals: late } = this.#stream.finish();
    const { log } = this.ctx;
    if (missing.length > 0)
      log.error(`signals ${missing.join(", ")} of the test never came whole: their results are lost`);
    for (const signal of late) this.#recorder.take(signal);
    for (const text of lost) log.error(`a plain signal came damaged, its result is lost: ${JSON.stringify(text)}`);
    if (this.#stream.damaged > 0) log.debug(`${this.#stream.damaged} signals came damaged and were sent again`);
    this.#recorder.finish(reason);
  }
}

/**
 * Calls the test runner and records what it says until it is done (lava-dispatcher.md 3.13). Answers the helpers that ask whether a
 * signal arrived.
 * @throws ERR_TEST_RAISED, ERR_TEST_INSTALL (test), ERR_KERNEL_PANIC (job), ERR_CONNECTION_CLOSED (infrastructure)
 */
export async function runTestShell(request: TestShellRequest, ctx: ActionContext): Promise<void> {
  const shell = new TestShell(request, ctx);
  await sendLine(request.session, request.command, ctx);
  const ended = await shell.run();
  await shell.settle();
  if (ended === "EXIT") return;
  ctx.report({ definition: "lava", case: `stage_${request.stage}`, result: "fail", namespace: ctx.namespace });
  throw testError(
    "ERR_TEST_INSTALL",
    `the install steps of stage ${request.stage} failed: see the log above for the step`,
  );
}
