import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { hostname } from "node:os";
import type { BasaltError } from "@basalt/core";
import { refusal } from "../submit/refusals.js";

export interface KnownHostsOptions {
  /** What it listens at: an address or a name. */
  readonly host?: string;
  /** Names that this server goes by besides its addresses, localhost and its machine's name; `*`: any. */
  readonly allowedHosts?: readonly string[];
  /** What a proxy said counts, too. Without names that are allowed, the proxy knows whom it serves: all are. */
  readonly trustProxy?: boolean;
}

const misdirected = refusal(421);

/** The name in `Host`: without its port, in small letters, without the root's dot. */
const nameOf = (host: string): string =>
  (/^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/:\d*$/, "")).toLowerCase().replace(/\.$/, "");

/** Browsers look for these on this machine only, whatever a name server says (RFC 6761, 6.3). */
const isLocal = (name: string): boolean => name === "localhost" || name.endsWith(".localhost");

const wrongHost = (host: string): BasaltError =>
  misdirected(
    "ERR_HOST",
    `this server does not go by the name '${host.slice(0, 100)}': ask it by its address, as localhost or as '${hostname()}', or allow the name with 'basalt server --allowed-host NAME' (allowed-host in server.yaml)`,
  );

/**
 * Keeps DNS rebinding out: a page of another site whose name is made to mean this machine reaches it as that site, and may then read what it
 * answers. It can't change the name it asks for, and no name of theirs is an address, ours, or one that an admin allowed.
 * @returns what refuses a request, undefined where it is fine
 */
export function makeKnownHosts({ host: own, allowedHosts = [], trustProxy = false }: KnownHostsOptions) {
  const any = allowedHosts.includes("*") || (trustProxy && allowedHosts.length === 0);
  const known = new Set([hostname(), own ?? [], ...allowedHosts].flat().map(nameOf));
  const isKnown = (name: string): boolean => known.has(name) || isLocal(name) || isIP(name) !== 0;
  return (headers: IncomingHttpHeaders): BasaltError | undefined => {
    if (any) return undefined;
    const forwarded = trustProxy ? [headers["x-forwarded-host"] ?? []].flat() : [];
    // a client without Host is no browser
    const given = [headers.host ?? [], forwarded.flatMap((list) => list.split(","))].flat();
    const wrong = given.map((host) => host.trim()).find((host) => !isKnown(nameOf(host)));
    return wrong === undefined ? undefined : wrongHost(wrong);
  };
}
