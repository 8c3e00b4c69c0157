import { SessionSlot } from "@basalt/actions-common";
import {
  type ActionContext,
  asObject,
  asText,
  defineAction,
  hasKey,
  infrastructureError,
  type JsonObject,
  openConsole,
} from "@basalt/core";
import { type AvhApi, openAvh } from "./avh-api.js";
import { apiToken } from "./avh-options.js";
import { FirmwareSlot, removeLater } from "./deploy-avh.js";
import { WebSocketLine } from "./websocket-line.js";

/** Between two looks at the virtual board, in milliseconds. */
const lookEveryMs = 1000;

/** `bootargs` of the block, as the API names them. */
function bootOptions(params: JsonObject): JsonObject {
  const { normal, restore } = asObject(params.bootargs);
  const [bootArgs, restoreBootArgs] = [asText(normal), asText(restore)];
  return {
    ...(bootArgs === undefined ? {} : { bootArgs }),
    ...(restoreBootArgs === undefined ? {} : { restoreBootArgs }),
  };
}

/** While the board is being made, a console that can't be opened is one that is not there yet. */
async function openLine(line: WebSocketLine, url: string, isOn: boolean, ctx: ActionContext): Promise<void> {
  try {
    await line.open(url, ctx);
  } catch (failure) {
    if (isOn || ctx.signal.aborted) throw failure;
  }
}

/**
 * Waits until the board is on, with its console open from as early on as the API gives one: what the kernel says first is said when
 * the board goes on.
 */
async function waitUntilOn(api: AvhApi, id: string, line: WebSocketLine, ctx: ActionContext): Promise<void> {
  let last = "";
  for (;;) {
    const { state, error } = await api.instance(id, ctx);
    if (state !== last) ctx.log.info(`the virtual board is ${state}`);
    last = state;
    if (state === "error")
      throw infrastructureError(
        "ERR_AVH_INSTANCE",
        `the virtual board ${id} could not be made: ${error ?? "the API does not say why"}`,
      );
    const isOn = state === "on";
    const url = line.connected ? undefined : await api.consoleUrl(id, ctx);
    if (url !== undefined) await openLine(line, url, isOn, ctx);
    if (isOn && (line.connected || url !== undefined)) return line.keep();
    await ctx.clock.sleep(lookEveryMs, ctx);
  }
}

/** `call-avh`: makes the virtual board and opens its console. */
export const callAvh = (params: JsonObject) =>
  defineAction({
    name: "call-avh",
    summary: "make and start the virtual board",
    reads: { firmware: FirmwareSlot },
    writes: { session: SessionSlot },
    blameOnTimeout: "infrastructure",
    async validate(_services, ctx) {
      apiToken(ctx.job.job);
    },
    async run({ firmware }, ctx) {
      const { endpoint, project, model, image, version, build } = firmware;
      if (hasKey(params, "docker")) ctx.log.debug("the console needs no container here: 'docker' is left aside");
      const api = await openAvh({ endpoint, token: apiToken(ctx.job.job) }, ctx);
      const board = {
        name: `lava-${ctx.job.id}-${ctx.level}`,
        project,
        flavor: model,
        os: version,
        osbuild: build,
        fwpackage: image,
      };
      const id = await api.create({ ...board, bootOptions: bootOptions(params) }, ctx);
      removeLater("instances", id, endpoint, ctx);
      ctx.log.info(`virtual board ${id}, a ${model}, is being made`);
      const line = new WebSocketLine();
      const console = openConsole(line, ctx);
      await waitUntilOn(api, id, line, ctx);
      return { session: { console, prompts: [], lineSeparator: "\n" } };
    },
  });
