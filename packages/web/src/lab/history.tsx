import type { VNode } from "preact";
import { Time } from "../words.js";

export interface HistoryEntry {
  readonly at: Date;
  readonly author: string;
  readonly message: string;
}

/** Who changed what, newest first. */
export function History({ entries }: { readonly entries: readonly HistoryEntry[] }): VNode {
  if (entries.length === 0) return <p class="quiet">Nothing was changed yet.</p>;
  return (
    <ul class="history">
      {entries.map((entry) => (
        <li key={`${entry.at.getTime()} ${entry.message}`}>
          <Time at={entry.at} /> <b>{entry.author}</b> <span>{entry.message}</span>
        </li>
      ))}
    </ul>
  );
}
