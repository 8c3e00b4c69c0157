import { composeProject, runDeviceCommands } from "@basalt/actions-common";
import {
  type ActionContext,
  asList,
  asObject,
  asText,
  asTexts,
  closest,
  configurationError,
  type Device,
  type Dispatcher,
  DispatcherToken,
  defineAction,
  deviceCommand,
  dig,
  type JsonObject,
  jobError,
  type Power,
  PowerToken,
  type ProcessRunner,
  ProcessRunnerToken,
  powerFacts,
  timeoutMs,
  withParameters,
} from "@basalt/core";

/** Commands that every device may have, beside the admin's own under `commands.users`. */
const builtins = [
  "pre_power_command",
  "pre_os_command",
  "hard_reset",
  "power_on",
  "power_off",
  "recovery_mode",
  "recovery_exit",
  "stop_test_services",
] as const;

/** The one builtin that no dictionary has. */
const stopServices = "stop_test_services";

const powerSwitches: Readonly<
  Record<string, { readonly fact: "on" | "off" | "reset"; readonly call: "on" | "off" | "reset" }>
> = {
  power_on: { fact: "on", call: "on" },
  power_off: { fact: "off", call: "off" },
  hard_reset: { fact: "reset", call: "reset" },
};

const userCommands = (device: Device): JsonObject => asObject(dig(device.dictionary, "commands", "users"));

function checkKnown(device: Device, name: string): void {
  if (name === stopServices) return;
  if (
    name in powerSwitches
      ? powerFacts(device)[powerSwitches[name]?.fact ?? "on"]
      : deviceCommand(device, name).length > 0
  )
    return;
  const users = Object.keys(userCommands(device));
  if (users.includes(name)) return;
  if ((builtins as readonly string[]).includes(name))
    throw configurationError(
      "ERR_COMMAND_MISSING",
      `device ${device.hostname} has no '${name}': add it to commands in its dictionary`,
    );
  const near = closest(name, [...users, ...builtins]);
  const hint = near === undefined ? "" : ` Did you mean '${near}'?`;
  throw jobError(
    "ERR_COMMAND_UNKNOWN",
    `device ${device.hostname} knows no command '${name}'.${hint} Known: ${[...users, ...builtins].join(", ")}`,
  );
}

interface Tools {
  readonly runner: ProcessRunner;
  readonly power: Power;
  readonly dispatcher: Dispatcher;
}

/** Takes down the docker compose projects that earlier blocks started, the last one first. */
async function stopTestServices({ runner, dispatcher }: Tools, { job, log, signal }: ActionContext): Promise<void> {
  const names = job.job.blocks.flatMap(({ params }) =>
    asList(params.services).flatMap((service) => asText(asObject(service).name) ?? []),
  );
  const commands = names
    .toReversed()
    .map((name) => `docker compose --project-name ${composeProject(dispatcher, job.id, name)} down --volumes`);
  await runDeviceCommands(runner, commands, { signal, log, what: stopServices });
}

async function runNamed(name: string, tools: Tools, ctx: ActionContext): Promise<void> {
  const { runner, power } = tools;
  if (name === stopServices) return stopTestServices(tools, ctx);
  const { signal, log, cleanup, job } = ctx;
  const powerSwitch = Object.hasOwn(powerSwitches, name) ? powerSwitches[name] : undefined;
  if (powerSwitch) return power[powerSwitch.call]({ signal, log });
  const own = asObject(userCommands(job.device)[name]);
  const commands = Object.keys(own).length > 0 ? asTexts(own.do) : deviceCommand(job.device, name);
  await runDeviceCommands(runner, commands, { signal, log, what: name });
  const undo = asTexts(own.undo);
  if (undo.length === 0) return;
  // undone even when the job was canceled: what `do` changed in the lab must not stay
  const calm = new AbortController().signal;
  cleanup.defer(`undo of ${name}`, () =>
    runDeviceCommands(runner, undo, { signal: calm, log, what: `${name} (undo)` }),
  );
}

/**
 * `user-command`: a command of the device, by name. Its time limit is the job's `timeouts.action`, else its block's own
 * (lava-dispatcher.md 3.3: command blocks have empty pipeline parameters).
 */
export function userCommand(params: JsonObject) {
  const name = asText(params.name) ?? "";
  const ownMs = timeoutMs(params.timeout);
  const action = defineAction({
    name: "user-command",
    summary: `run the device's command '${name}'`,
    needs: { runner: ProcessRunnerToken, power: PowerToken, dispatcher: DispatcherToken },
    blameOnTimeout: "infrastructure",
    ...(ownMs === undefined ? {} : { defaultTimeoutMs: ownMs }),
    async validate(_services, { job }) {
      checkKnown(job.device, name);
    },
    run: (tools, ctx) => runNamed(name, tools, ctx),
  });
  return withParameters({}, action);
}
