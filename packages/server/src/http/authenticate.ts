import type { IncomingHttpHeaders } from "node:http";
import type { Asker, PeopleService } from "../services/types.js";
import { refusal } from "../submit/refusals.js";

/** The session's cookie: httpOnly, SameSite=Lax, secure over https. */
export const sessionCookie = "basalt_session";

const unauthorized = refusal(401);
const wrongToken = (): Error =>
  unauthorized("ERR_TOKEN", "the token is unknown: make one with 'basalt admin tokens add'");

/** The value of a cookie of a request. */
export function cookieOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  for (const part of (headers.cookie ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/** Who sends a request, and how they showed it. */
export interface Authenticated {
  readonly asker: Asker;
  /** By a cookie, which browsers send along by themselves. */
  readonly byCookie: boolean;
}

/** Whether somebody has shown a token: then no other site's page sends it, for pages know none. */
export const byToken = ({ asker, byCookie }: Authenticated): boolean => asker !== undefined && !byCookie;

/**
 * Who sends a request: `Authorization: Token X` (or Bearer), Basic with a user's name and a token (LAVA's clients), or the session's cookie.
 * @throws ERR_TOKEN (401) for a token that is wrong
 */
export async function authenticate(
  people: Pick<PeopleService, "byToken" | "byCookie">,
  headers: IncomingHttpHeaders,
): Promise<Authenticated> {
  const [scheme = "", value = ""] = (headers.authorization ?? "").split(/\s+/, 2);
  if (/^(?:token|bearer)$/i.test(scheme)) {
    const asker = await people.byToken(value);
    if (!asker) throw wrongToken();
    return { asker, byCookie: false };
  }
  if (/^basic$/i.test(scheme)) {
    const [username, token = ""] = Buffer.from(value, "base64").toString("utf8").split(":", 2);
    const asker = await people.byToken(token);
    if (!asker || asker.username !== username) throw wrongToken();
    return { asker, byCookie: false };
  }
  const cookie = cookieOf(headers, sessionCookie);
  const asker = cookie === undefined ? undefined : await people.byCookie(cookie);
  return { asker, byCookie: asker !== undefined };
}
