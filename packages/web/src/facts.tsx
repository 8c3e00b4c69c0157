import type { VNode } from "preact";

/** A name and what is said of it; nothing is shown where that is false. */
export type Fact = readonly [name: string, value: VNode | string | false];

/** What is known about one thing, at a glance. */
export const Facts = ({ facts }: { readonly facts: readonly Fact[] }): VNode => (
  <dl class="facts">
    {facts.map(([name, value]) =>
      value === false || value === "" ? null : (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ),
    )}
  </dl>
);
