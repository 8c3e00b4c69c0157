import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a request comes from a page of this server, or from no page at all. Browsers say where a write comes from (`Sec-Fetch-Site`,
 * `Origin`) and pages can't forge it, so this keeps other sites from using a session cookie; clients that are no browsers send neither.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, host: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin } = headers;
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}
