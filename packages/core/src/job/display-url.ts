/** An address as messages may show it: without its password, and for http without a lone user, which may be a token. */
export function displayUrl(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):[^/?#]*@/i, "$1:***@")
    .replace(/^(https?:\/\/)[^/?#@:]+@/i, "$1***@");
}
