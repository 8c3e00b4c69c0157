import type { VNode } from "preact";
import { document, type Frame } from "../frame.js";
import { devicesHref, jobsHref } from "../links.js";
import { type Column, Table } from "../table.js";

export interface TypeView {
  readonly name: string;
  readonly description: string;
  readonly architecture: string | null;
  readonly aliases: readonly string[];
  readonly idle: number;
  readonly busy: number;
  readonly offline: number;
  readonly queued: number;
  readonly jobLimit: number;
  readonly hasTemplate: boolean;
  /** `every 24 hours`, `off`, `none`. */
  readonly healthCheck: string;
}

/** The types of devices of the lab, and how busy each is. */
export const typesPage = (frame: Frame, { types }: { readonly types: readonly TypeView[] }): string =>
  document(frame, {
    title: "Device types",
    children: (
      <>
        <h1>
          Device types <span class="quiet">{types.length}</span>
        </h1>
        <Table
          caption="Device types"
          columns={columns}
          rows={types}
          keyOf={({ name }) => name}
          idOf={({ name }) => name}
          empty="No types yet."
        />
      </>
    ),
  });

const columns: readonly Column<TypeView>[] = [
  {
    head: "Type",
    kind: "name",
    cell: ({ name, aliases }) => (
      <>
        <a href={devicesHref({ type: name })}>{name}</a>
        {aliases.length > 0 && <div class="quiet">also {aliases.join(", ")}</div>}
      </>
    ),
  },
  { head: "Idle", kind: "num", cell: ({ idle }) => idle },
  { head: "Busy", kind: "num", cell: ({ busy }) => busy },
  { head: "Not usable", kind: "num", cell: ({ offline }) => offline },
  {
    head: "Queued",
    kind: "num",
    cell: ({ name, queued }) =>
      queued > 0 ? <a href={jobsHref({ state: "Submitted", type: name })}>{queued}</a> : "0",
  },
  { head: "Health check", cell: ({ healthCheck }) => healthCheck },
  { head: "Description", kind: "wide", cell: (type) => <Description {...type} /> },
];

function Description({ description, architecture, jobLimit, hasTemplate }: TypeView): VNode {
  const more = [
    architecture ?? "",
    jobLimit > 0 ? `at most ${jobLimit} jobs at once` : "",
    hasTemplate ? "" : "has no template",
  ].filter((text) => text !== "");
  return (
    <>
      {description}
      {more.length > 0 && <div class="quiet">{more.join(" · ")}</div>}
    </>
  );
}
