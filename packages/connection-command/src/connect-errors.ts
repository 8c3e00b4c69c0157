import { type BasaltError, type DeviceConnection, infrastructureError } from "@basalt/core";

/** What telnet, ser2net, conserver, screen and serial tools say when somebody else has the port. */
const busy =
  /(already|currently) (in use|opened|attached|connected)|in use by|resource busy|port (is )?(busy|locked)|is locked/i;
/** What says that nobody is there, though the command may stay (telnet's own prompt). */
const refused =
  /connection refused|unable to connect|no route to host|network is unreachable|could ?n[o']t resolve|name or service not known|temporary failure in name resolution/i;

export const looksBusy = (said: string): boolean => busy.test(said);
export const looksRefused = (said: string): boolean => refused.test(said);

/** Signs that telnet has reached the far side. */
export const looksConnected = (said: string): boolean => /escape character is|^connected to /im.test(said);

/** A command line without what it logs in with. */
export const withoutSecrets = (command: string): string =>
  command
    .replace(/(:\/\/[^/\s:@]*:)[^@\s]*@/g, "$1***@")
    .replace(/(\bsshpass\s+-p\s*)('[^']*'|"[^"]*"|\S+)/g, "$1***")
    .replace(/(--?(?:password|passwd|pass|token|secret)[= ])('[^']*'|"[^"]*"|\S+)/gi, "$1***");

export interface FailedConnect {
  readonly connection: DeviceConnection;
  readonly hostname: string;
  readonly command: string;
  /** What the command printed. */
  readonly said: string;
  /** How it ended: `status 1`; undefined where it still runs. */
  readonly ended: string | undefined;
}

const causes = [
  "wrong host or port in the connection command",
  "the console server (ser2net, conserver) is not running or does not list this port",
  "the port's device node does not exist on the console server: cable, USB hub, udev rule",
  "the console server is reachable only from another network",
].map((cause, index) => `(${index + 1}) ${cause}`);

const tail = (said: string): string => {
  const text = said.replace(/\r/g, "").trim();
  return text === "" ? "it printed nothing" : `it printed: ${text.slice(-500)}`;
};

/** The error of a connection command that did not connect: ERR_CONNECTION_BUSY or ERR_CONNECTION_REFUSED, with what to check. */
export function connectError({ connection, hostname, command, said, ended }: FailedConnect): BasaltError {
  const shown = withoutSecrets(command);
  const how = ended === undefined ? "" : ` ended at once with ${ended};`;
  const details = { device: hostname, connection: connection.name, command: shown };
  const head = `cannot connect to ${connection.name} of ${hostname}: '${shown}'${how} ${tail(said)}`;
  if (looksBusy(said))
    return infrastructureError(
      "ERR_CONNECTION_BUSY",
      `${head}. Somebody else has this console: another job, a second instance, or a person's telnet session; end it and run the job again`,
      { details },
    );
  return infrastructureError("ERR_CONNECTION_REFUSED", `${head}. Check: ${causes.join("; ")}`, { details });
}
