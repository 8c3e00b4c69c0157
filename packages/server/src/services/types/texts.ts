import type { DocumentKind } from "../../store/rows.js";
import type { Asker } from "./asking.js";

/** One of a text's revisions: they are never changed, and stay when the text is taken away. */
export interface RevisionView {
  readonly revision: number;
  /** Whether it is what holds now. */
  readonly current: boolean;
  readonly author: string;
  readonly reason: string;
  readonly created_on: Date;
  /** Whether the text was taken away with it. */
  readonly removed: boolean;
}

/** A text of the lab: a dictionary, template or health check, or a worker's dispatcher, env or env-dut. */
export interface TextName {
  readonly kind: DocumentKind;
  /** Of its device, template or worker. */
  readonly name: string;
}

/** What texts were. Who may read a text may read its revisions; they are written by the services of what they belong to. */
export interface TextService {
  /** Newest first. */
  revisions(asker: Asker, text: TextName): Promise<readonly RevisionView[]>;
  /** The text as it was in a revision. @throws ERR_NOT_FOUND (404), also for a revision that took it away */
  revision(asker: Asker, text: TextName, revision: number): Promise<string>;
}
