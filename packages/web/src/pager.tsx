import type { VNode } from "preact";

export interface PagerView {
  readonly count: number;
  readonly offset: number;
  readonly limit: number;
  /** The page's address at another offset. */
  readonly href: (offset: number) => string;
}

/** Where in a list one is, with links to the pages beside. Nothing where all fits. */
export function Pager({ count, offset, limit, href }: PagerView): VNode | null {
  if (count <= limit && offset === 0) return null;
  const to = Math.min(count, offset + limit);
  return (
    <nav class="pager" aria-label="Pages">
      {offset > 0 && <a href={href(Math.max(0, offset - limit))}>Previous</a>}
      <span class="quiet">
        {(offset + 1).toLocaleString("en")} to {to.toLocaleString("en")} of {count.toLocaleString("en")}
      </span>
      {to < count && <a href={href(offset + limit)}>Next</a>}
    </nav>
  );
}
