import { document, type Frame } from "../frame.js";
import { jobsHref } from "../links.js";
import { type Column, Table } from "../table.js";
import { Time } from "../words.js";

export interface TokenView {
  readonly id: number;
  readonly description: string;
  readonly created: Date;
  readonly used: Date | null;
}

export interface MeView {
  readonly username: string;
  readonly groups: readonly string[];
  readonly isSuperuser: boolean;
  readonly tokens: readonly TokenView[];
  /** One that was just made: shown now, and never again. */
  readonly fresh?: { readonly description: string; readonly token: string } | undefined;
}

/** One's own account and its tokens. */
export const mePage = (frame: Frame, { username, groups, isSuperuser, tokens, fresh }: MeView): string =>
  document(frame, {
    title: username,
    children: (
      <>
        <h1>{username}</h1>
        <p>
          {isSuperuser && "Superuser. "}
          {groups.length > 0 ? `In the groups ${groups.join(", ")}. ` : ""}
          <a href={jobsHref({ submitter: username })}>My jobs</a>
        </p>
        <section aria-labelledby="tokens-title">
          <h2 id="tokens-title">Tokens</h2>
          <p class="quiet">Programs use a token instead of a password: lavacli, and whatever speaks the REST API.</p>
          {fresh && (
            <div class="box good" role="status">
              <h3>Token “{fresh.description}”</h3>
              <p>Copy it now: it is kept as a hash only, and can't be shown again.</p>
              <code class="token">{fresh.token}</code>
            </div>
          )}
          <Table
            caption="Your tokens"
            columns={columns}
            rows={tokens}
            keyOf={({ id }) => id}
            empty="You have no tokens yet."
          />
          <form class="inline" method="post" action="/me/tokens">
            <label class="grow">
              What it is for <input name="description" maxlength={200} required />
            </label>
            <button type="submit">Add a token</button>
          </form>
        </section>
      </>
    ),
  });

const columns: readonly Column<TokenView>[] = [
  {
    head: "Description",
    kind: "wide",
    cell: ({ description }) => (description === "" ? <span class="quiet">(none)</span> : description),
  },
  { head: "Made", cell: ({ created }) => <Time at={created} /> },
  { head: "Last used", cell: ({ used }) => (used ? <Time at={used} /> : <span class="quiet">never</span>) },
  {
    head: "Remove",
    unseen: true,
    cell: ({ id, description }) => (
      <form method="post" action={`/me/tokens/${id}/remove`}>
        <button type="submit" class="plain" aria-label={`Remove the token ${description}`}>
          Remove
        </button>
      </form>
    ),
  },
];
