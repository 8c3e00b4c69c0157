declare module "proxy-from-env" {
  /** Address of the proxy that http_proxy, https_proxy and no_proxy name for a URL; "" for none. */
  export function getProxyForUrl(url: string): string;
}
