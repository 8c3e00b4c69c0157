import type { ComponentChildren, VNode } from "preact";

export interface Column<Row> {
  readonly head: string;
  /** The head is read aloud, but not shown. */
  readonly unseen?: boolean;
  /** A number, what takes the room there is, or the row's name; else a short text. */
  readonly kind?: "num" | "wide" | "name";
  readonly cell: (row: Row) => ComponentChildren;
}

export interface TableView<Row> {
  /** What it lists, for those who hear the page. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Unlike any other row's. */
  readonly keyOf: (row: Row) => string | number;
  /** The row's anchor. */
  readonly idOf?: (row: Row) => string | undefined;
  /** Said instead of a table without rows. */
  readonly empty: string;
}

/** A list with columns. On a phone each row is a card, and its cells carry the heads of their columns. */
export function Table<Row>({ caption, columns, rows, keyOf, idOf, empty }: TableView<Row>): VNode {
  if (rows.length === 0) return <p class="quiet">{empty}</p>;
  return (
    <div class="scroll-x">
      <table class="list">
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, kind, unseen }) => (
              <th scope="col" class={kind === "num" ? "num" : undefined} key={head}>
                {unseen ? <span class="sr">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr id={idOf?.(row)} key={keyOf(row)}>
              {columns.map((column) => (
                <Cell column={column} row={row} key={column.head} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<Row>({ column, row }: { readonly column: Column<Row>; readonly row: Row }): VNode {
  const { head, kind, unseen, cell } = column;
  if (kind === "name") return <th scope="row">{cell(row)}</th>;
  return (
    <td class={kind} data-head={unseen ? undefined : head}>
      {cell(row)}
    </td>
  );
}
