import { asObject, hasKey, type MaybeNode, type PlanRequest, retry } from "@basalt/core";
import { overlayUnpack } from "../shell/overlay-unpack.js";
import { expectShellConnection, exportDeviceEnv } from "../shell/shell-actions.js";
import { loginAction, readLogin, waitForKernel } from "./login-action.js";

/** How a boot method logs in. */
export interface LoginOptions {
  /** Whose `error-messages` end the wait for the kernel; none where no bootloader ran. */
  readonly bootloader?: string;
  /** False where no kernel starts in view: secondary shells, ssh. */
  readonly booting?: boolean;
}

/** `auto-login-action > [login-action]`. */
export const autoLogin = (
  { params }: Pick<PlanRequest, "params">,
  { bootloader, booting = true }: LoginOptions = {},
): MaybeNode => retry(booting ? waitForKernel(bootloader) : "auto-login-action", loginAction(readLogin(params)));

/**
 * LOGIN of lava-dispatcher.md 7: log in where the block has `prompts`, and make the shell ready where a test of the namespace needs one.
 * Spread it into a sequence's children.
 */
export function loginPlan(request: PlanRequest, options: LoginOptions = {}): readonly MaybeNode[] {
  const { params, namespace } = request;
  if (!hasKey(params, "prompts")) return [];
  if (!namespace.hasShell) return [autoLogin(request, options)];
  const transfer = asObject(params.transfer_overlay);
  return [
    autoLogin(request, options),
    expectShellConnection,
    hasKey(params, "transfer_overlay") && overlayUnpack(transfer),
    exportDeviceEnv,
  ];
}
