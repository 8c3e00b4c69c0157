import type { Frame } from "../frame.js";

/** A frame for tests of pages. */
export const testFrame: Frame = {
  user: { name: "ann", isSuperuser: false },
  path: "/jobs/12",
  assetUrl: (name) => `/static/${name}`,
  version: "0.1.0",
};

/** What tries to become markup wherever it is put. */
export const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`;

/** What is left of a page without its tags. */
export const textOf = (html: string): string =>
  html
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
