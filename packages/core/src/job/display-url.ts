/**
 * An address as messages may show it: without its password, and for http without a lone user, which may be a token; likewise where it is
 * quoted in another one, as a lab's cache is asked for it.
 */
export function displayUrl(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):[^/?#]*@/i, "$1:***@")
    .replace(/^(https?:\/\/)[^/?#@:]+@/i, "$1***@")
    .replace(/(%3A%2F%2F)(?:(?!%2F|%3F|%23)[^/?#&])+%40/gi, "$1***%40");
}
