import {
  type ActionContext,
  asList,
  asObject,
  asText,
  asTexts,
  compilePattern,
  defineAction,
  findConstant,
  infrastructureError,
  type JsonObject,
  jobError,
  optional,
  type Pattern,
} from "@basalt/core";
import { sendLine } from "../session.js";
import { DeploymentDataSlot, type Session, SessionSlot } from "../slots.js";
import { type KernelScan, scanKernelMessages } from "./kernel-scan.js";

/** What a boot block says of logging in (lava-dispatcher.md 1.5, 3.10). */
export interface LoginParameters {
  readonly prompts: readonly string[];
  readonly loginPrompt?: string;
  readonly username?: string;
  readonly passwordPrompt?: string;
  readonly password?: string;
  readonly commands: readonly string[];
  readonly failureMessage?: string;
  readonly ignoreKernelMessages: boolean;
}

/** Reads a boot block's `prompts`, `auto_login`, `failure_message` and `ignore_kernel_messages`. */
export function readLogin(params: JsonObject): LoginParameters {
  const login = asObject(params.auto_login);
  const texts = {
    loginPrompt: asText(login.login_prompt),
    username: asText(login.username),
    passwordPrompt: asText(login.password_prompt),
    password: asText(login.password),
    failureMessage: asText(params.failure_message),
  };
  return {
    prompts: asTexts(params.prompts),
    ...(Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) as Partial<
      Record<keyof typeof texts, string>
    >),
    commands: asTexts(asList(login.login_commands)),
    ignoreKernelMessages: params.ignore_kernel_messages === true,
  };
}

/** The message that shows a kernel start: the block's, else the device's constant; undefined where that is empty. */
function kernelStartMessage(ctx: ActionContext): string | undefined {
  const own = asText(asObject(ctx.parameters.parameters)["kernel-start-message"]);
  const message =
    own ?? asText(findConstant({ context: ctx.job.job.context, device: ctx.job.device }, "kernel-start-message"));
  return message === undefined || message === "" ? undefined : message;
}

/** Waits for the kernel's first message; one of the bootloader's error messages instead is the lab's fault. */
export const waitForKernel = (bootloader: string | undefined) =>
  defineAction({
    name: "auto-login-action",
    summary: "wait for the kernel to start, then log in",
    reads: { session: SessionSlot },
    async run({ session }, ctx) {
      const message = kernelStartMessage(ctx);
      if (message === undefined) return;
      const sources = { context: ctx.job.job.context, device: ctx.job.device };
      const errors = bootloader === undefined ? [] : asTexts(findConstant(sources, "error-messages", bootloader));
      ctx.log.info(`waiting for the kernel: ${message}`);
      const patterns = [message, ...errors].map((text) => compilePattern(text));
      const hit = await session.console.expect(patterns, { signal: ctx.signal });
      if (hit.index > 0)
        throw infrastructureError(
          "ERR_BOOTLOADER_MESSAGE",
          `matched a bootloader error message: '${errors[hit.index - 1]}' in '${hit.text.trim()}'`,
        );
    },
  });

const loginIncorrect = "Login incorrect";
const loginTimedOut = "Login timed out";

/** One thing a login may wait for, and what it means. */
interface Expected {
  readonly pattern: string;
  readonly means: "prompt" | "login" | "failure" | "incorrect" | "timed-out" | "password";
}

class Login {
  constructor(
    private readonly login: LoginParameters,
    private readonly session: Session,
    private readonly ctx: ActionContext,
    private readonly scan: KernelScan,
  ) {}

  /** Waits for one of these, noting kernel messages on the way; a fatal one ends the login. */
  async wait(expected: readonly Expected[]): Promise<Expected> {
    const patterns: readonly Pattern[] = expected.map(({ pattern }) => compilePattern(pattern));
    const hit = await this.scan.expect(this.session.console, patterns, { signal: this.ctx.signal });
    const found = expected[hit.index] as Expected;
    if (found.means === "failure")
      throw jobError("ERR_LOGIN_FAILED", `matched the job's failure message: '${hit.text}'`);
    if (found.means === "incorrect" || found.means === "timed-out")
      throw jobError("ERR_LOGIN_FAILED", `login as '${this.login.username}' failed: the device said '${hit.text}'`);
    return found;
  }

  get #prompts(): readonly Expected[] {
    return this.login.prompts.map((pattern) => ({ pattern, means: "prompt" as const }));
  }

  get #failures(): readonly Expected[] {
    const { failureMessage } = this.login;
    return [
      ...(failureMessage === undefined ? [] : [{ pattern: failureMessage, means: "failure" as const }]),
      { pattern: loginIncorrect, means: "incorrect" },
      { pattern: loginTimedOut, means: "timed-out" },
    ];
  }

  async run(): Promise<void> {
    const { loginPrompt, username, passwordPrompt, password, commands } = this.login;
    const asked: readonly Expected[] = loginPrompt === undefined ? [] : [{ pattern: loginPrompt, means: "login" }];
    const found = await this.wait([...this.#prompts, ...this.#failures, ...asked]);
    if (found.means === "login") {
      await sendLine(this.session, username ?? "", this.ctx);
      if (passwordPrompt !== undefined) {
        await this.wait([{ pattern: passwordPrompt, means: "password" }, ...this.#failures]);
        await sendLine(this.session, password ?? "", this.ctx, { secret: true });
      }
      await this.wait([...this.#prompts, ...this.#failures]);
    }
    for (const command of commands) {
      await sendLine(this.session, command, this.ctx);
      await this.wait([...this.#prompts, ...this.#failures]);
    }
  }
}

/** @throws ERR_PATTERN_SYNTAX, ERR_PATTERN_UNSUPPORTED (job) at the first pattern that can't be compiled */
function compileAll({ prompts, loginPrompt, passwordPrompt, failureMessage }: LoginParameters): void {
  for (const text of [...prompts, loginPrompt, passwordPrompt, failureMessage])
    if (text !== undefined) compilePattern(text);
}

/** Logs in where the device asks for it, and waits for a prompt; kernel panics, oopses, bugs and warnings on the way are recorded. */
export const loginAction = (login: LoginParameters) =>
  defineAction({
    name: "login-action",
    summary: login.username === undefined ? "wait for a shell prompt" : `log in as ${login.username}`,
    reads: { session: SessionSlot, data: optional(DeploymentDataSlot) },
    writes: { session: SessionSlot },
    // a pattern that can't be used is refused before power is switched
    async validate() {
      compileAll(login);
    },
    async run({ session, data }, ctx) {
      const ready: Session = {
        ...session,
        prompts: login.prompts,
        lineSeparator: data?.line_separator ?? session.lineSeparator,
      };
      for (const prompt of login.prompts)
        if (!/[\\:#$>~%\]]/.test(prompt))
          ctx.log.warning(`the prompt '${prompt}' is so plain that other text may match it`);
      const scan = scanKernelMessages({ enabled: !login.ignoreKernelMessages, ctx });
      try {
        await new Login(login, ready, ctx, scan).run();
      } finally {
        scan.report();
      }
      return { session: ready };
    },
  });
