import { displayUrl, jobError } from "@basalt/core";

/** How git is called for an address, so that its user and password stand in no process list and in no `.git/config`. */
export interface GitAddress {
  /** Without credentials. */
  readonly url: string;
  /** What goes before git's command. */
  readonly options: readonly string[];
  /** Which only this user may read, as /proc keeps it. */
  readonly env: Readonly<Record<string, string>>;
}

const userVariable = "BASALT_GIT_USER";
const passwordVariable = "BASALT_GIT_PASSWORD";

/** A credential helper (gitcredentials(7)): git calls it with `get`, and reads what it prints. */
const helper = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$${userVariable}" "$${passwordVariable}"; }; f`;

/** As git reads them: what is no escape stays. */
const decode = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"));

/**
 * Takes the credentials out of an address. Those of http and ftp go to git in its environment, for this server only, and the machine's own
 * credential helpers are neither asked nor told; ssh takes no password, so one is dropped.
 * @throws ERR_GIT_NOT_FOUND (job) where there is a line break in them, which git's credentials can't have
 */
export function gitAddress(url: string): GitAddress {
  const [, scheme = "", user = "", password, rest = ""] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/?#@:]*)(?::([^/?#]*))?@(.*)$/i.exec(url) ?? [];
  if (scheme === "") return { url, options: [], env: {} };
  if (!/^(https?|ftps?)$/i.test(scheme))
    return { url: user === "" ? `${scheme}://${rest}` : `${scheme}://${user}@${rest}`, options: [], env: {} };
  const env = {
    [userVariable]: decode(user),
    ...(password === undefined ? {} : { [passwordVariable]: decode(password) }),
  };
  if (Object.values(env).some((value) => /[\n\r\0]/.test(value)))
    throw jobError("ERR_GIT_NOT_FOUND", `${displayUrl(url)} has a line break in its user or password`);
  const server = `credential.${scheme}://${/^[^/?#]*/.exec(rest)?.[0]}`;
  // a password that is missing is left to the machine's own helpers, as for any address; --config-env came with git 2.31
  const options =
    password === undefined
      ? [`--config-env=${server}.username=${userVariable}`]
      : ["-c", `${server}.helper=`, "-c", `${server}.helper=${helper}`];
  return { url: `${scheme}://${rest}`, options, env };
}
