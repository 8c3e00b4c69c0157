import type { ComponentChildren, VNode } from "preact";
import { renderToString } from "preact-render-to-string";

/** What every page needs, whatever it shows. */
export interface Frame {
  /** Who is logged in; nobody otherwise. */
  readonly user?: { readonly name: string; readonly isSuperuser: boolean } | undefined;
  /** The page's own path, for the mark in the navigation and for coming back after a login. */
  readonly path: string;
  /** Where styles, scripts and the icon are served: `assetUrl("basalt.css")`. */
  readonly assetUrl: (name: string) => string;
  /** Said once, above the page: "job 12 was canceled". */
  readonly notice?: string | undefined;
  readonly version?: string;
}

export interface Content {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Names of scripts the page uses; it works without them. */
  readonly scripts?: readonly string[];
}

const links: readonly (readonly [path: string, text: string])[] = [
  ["/", "Lab"],
  ["/jobs", "Jobs"],
  ["/devices", "Devices"],
  ["/device-types", "Types"],
  ["/workers", "Workers"],
];

/** A whole HTML document. */
export function document(frame: Frame, { title, children, scripts = [] }: Content): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title === "Basalt" ? title : `${title} · Basalt`}</title>
        <link rel="icon" href={frame.assetUrl("favicon.svg")} type="image/svg+xml" />
        <link rel="stylesheet" href={frame.assetUrl("basalt.css")} />
        {["times.js", ...scripts].map((name) => (
          <script type="module" src={frame.assetUrl(name)} key={name} />
        ))}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <Header {...frame} />
        {/* said by scripts: the server can't be reached */}
        <p id="connection" class="lost" role="status" />
        <main id="main">
          {frame.notice !== undefined && (
            <p class="notice" role="status">
              {frame.notice}
            </p>
          )}
          {children}
        </main>
        <footer>Basalt{frame.version === undefined ? "" : ` ${frame.version}`}</footer>
      </body>
    </html>
  );
  return `<!DOCTYPE html>${renderToString(page)}`;
}

/** A part of a page, to be put in the place of its older self. */
export const fragment = (part: VNode): string => renderToString(part);

const isHere = (path: string, link: string): boolean => path === link || (link !== "/" && path.startsWith(`${link}/`));

function Header({ user, path, assetUrl }: Frame): VNode {
  return (
    <header class="top">
      <a class="brand" href="/">
        <img src={assetUrl("favicon.svg")} alt="" width="22" height="22" />
        Basalt
      </a>
      <nav aria-label="Main">
        {links.map(([link, text]) => (
          <a href={link} aria-current={isHere(path, link) ? "page" : undefined} key={link}>
            {text}
          </a>
        ))}
      </nav>
      <div class="who">
        {user ? (
          <>
            <a class="button primary" href="/submit">
              Submit
            </a>
            <a href="/me" aria-current={isHere(path, "/me") ? "page" : undefined}>
              {user.name}
            </a>
            <form method="post" action="/logout">
              <button type="submit" class="plain">
                Log out
              </button>
            </form>
          </>
        ) : (
          <a class="button" href={`/login?next=${encodeURIComponent(path)}`}>
            Log in
          </a>
        )}
      </div>
    </header>
  );
}
