import { document, type Frame } from "../frame.js";
import { Time } from "../words.js";

export interface MeView {
  readonly username: string;
  readonly groups: readonly string[];
  readonly isSuperuser: boolean;
  readonly tokens: readonly {
    readonly id: number;
    readonly description: string;
    readonly created: Date;
    readonly used: Date | null;
  }[];
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
          <a href={`/jobs?submitter=${encodeURIComponent(username)}`}>My jobs</a>
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
          {tokens.length > 0 && (
            <div class="scroll-x">
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">Description</th>
                    <th scope="col">Made</th>
                    <th scope="col">Last used</th>
                    <th scope="col">
                      <span class="sr">Remove</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {tokens.map((token) => (
                    <tr key={token.id}>
                      <td class="wide">
                        {token.description === "" ? <span class="quiet">(none)</span> : token.description}
                      </td>
                      <td>
                        <Time at={token.created} />
                      </td>
                      <td>{token.used ? <Time at={token.used} /> : <span class="quiet">never</span>}</td>
                      <td>
                        <form method="post" action={`/me/tokens/${token.id}/remove`}>
                          <button type="submit" class="plain" aria-label={`Remove the token ${token.description}`}>
                            Remove
                          </button>
                        </form>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
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
