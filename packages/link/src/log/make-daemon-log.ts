import { type Clock, type DaemonLog, type DaemonLogLevel, type Json, type JsonObject, systemClock } from "@basalt/core";

/** How lines of a daemon's log look: for people, or one JSON object a line. */
export type DaemonLogFormat = "text" | "json";

export const daemonLogLevels: readonly DaemonLogLevel[] = ["debug", "info", "warning", "error"];
export const daemonLogFormats: readonly DaemonLogFormat[] = ["text", "json"];

export interface DaemonLogOptions {
  /** Lines below it are not written; `info` if absent. */
  readonly level?: DaemonLogLevel;
  /** `text` if absent. */
  readonly format?: DaemonLogFormat;
  /** Which daemon speaks ("server", "worker"): field `name` of JSON lines. */
  readonly name?: string;
  readonly clock?: Pick<Clock, "now">;
}

// A net under the callers' own care: a field with such a name is never printed, however deep it lies.
const secretKey = /secret|passw|token|authorization|cookie|credential/i;

function withoutSecrets(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item) ?? null);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, secretKey.test(key) ? "(hidden)" : withoutSecrets(inner)]),
  );
}

/** `2026-04-26 09:08:58,411`, as the documents' logs have it; UTC. */
const textTime = (now: number): string => new Date(now).toISOString().replace("T", " ").replace(".", ",").slice(0, 23);

const fieldText = (value: Json | undefined): string =>
  typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : (JSON.stringify(value) ?? "");

/** Control characters (line ends too) as escapes: what a peer sent must not forge a line or colour a terminal. */
const oneLine = (text: string): string =>
  text.replace(/[\x00-\x1f\x7f-\x9f]/g, (char) =>
    JSON.stringify(char)
      .slice(1, -1)
      .replace(/^[\x7f-\x9f]$/, "?"),
  );

function textLine(now: number, level: DaemonLogLevel, message: string, fields: JsonObject | undefined): string {
  const facts = Object.entries(fields ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${fieldText(value)}`)
    .join("");
  return `${textTime(now)} ${level.toUpperCase()} ${oneLine(message + facts)}\n`;
}

/**
 * A daemon's log on a stream. Text lines are `2026-04-26 09:08:58,411 DEBUG message key=value` (UTC);
 * JSON lines are `{"time": ISO, "level", "name", "message", ...fields}`.
 */
export function makeDaemonLog(stream: { write(text: string): unknown }, options: DaemonLogOptions = {}): DaemonLog {
  const { level = "info", format = "text", name, clock = systemClock } = options;
  const at = (own: DaemonLogLevel) => (message: string, fields?: JsonObject) => {
    if (daemonLogLevels.indexOf(own) < daemonLogLevels.indexOf(level)) return;
    const safe = withoutSecrets(fields) as JsonObject | undefined;
    const line =
      format === "text"
        ? textLine(clock.now(), own, message, safe)
        : `${JSON.stringify({ ...safe, time: new Date(clock.now()).toISOString(), level: own, name, message })}\n`;
    stream.write(line);
  };
  return { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") };
}
