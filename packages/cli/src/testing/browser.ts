import { accessSync, constants } from "node:fs";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** A page of its own, with nothing of others in it. */
export interface Session extends AsyncDisposable {
  readonly page: Page;
  /** What the browser complained about: scripts that threw, what the page's policy refused. */
  readonly problems: readonly string[];
}

export interface Browser {
  session(options?: BrowserContextOptions): Promise<Session>;
  close(): Promise<void>;
}

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser of this machine (Debian's package `chromium`); undefined where there is none. */
export function findChromium(): string | undefined {
  return [process.env.BASALT_CHROMIUM ?? "", ...places].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return path !== "";
    } catch {
      return false;
    }
  });
}

/** Starts it without a window. @throws where there is none */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no chromium on this machine: apt-get install chromium");
  // root, as in CI, has no sandbox; it only ever sees our own pages
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  return {
    close: () => browser.close(),
    async session(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(error.message));
      page.on("console", (message) => {
        // a page that is not there, and a wrong password, are told, too: those are asked for
        if (message.type() === "error" && !/status of 40[0134]/.test(message.text())) problems.push(message.text());
      });
      return { page, problems, [Symbol.asyncDispose]: () => context.close() };
    },
  };
}
