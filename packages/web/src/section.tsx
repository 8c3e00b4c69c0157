import type { ComponentChildren, VNode } from "preact";

export interface SectionView {
  /** Of the section; its heading's is `ID-title`. */
  readonly id: string;
  readonly title: string;
  /** Where all of it is shown. */
  readonly href?: string;
  readonly count?: number;
  readonly children: ComponentChildren;
}

/** A part of a page with its heading. */
export const Section = ({ id, title, href, count, children }: SectionView): VNode => (
  <section aria-labelledby={`${id}-title`}>
    <h2 id={`${id}-title`}>
      {href === undefined ? title : <a href={href}>{title}</a>}
      {count !== undefined && <span class="quiet"> {count.toLocaleString("en")}</span>}
    </h2>
    {children}
  </section>
);
