import { document, type Frame } from "../frame.js";

export interface LoginView {
  /** Where to go then. */
  readonly next: string;
  readonly username?: string;
  readonly problem?: string | undefined;
}

export const loginPage = (frame: Frame, { next, username = "", problem }: LoginView): string =>
  document(frame, {
    title: "Log in",
    children: (
      <form class="card narrow" method="post" action="/login">
        <h1>Log in</h1>
        {problem !== undefined && (
          <p class="box bad" role="alert">
            {problem}
          </p>
        )}
        <input type="hidden" name="next" value={next} />
        <label for="username">Name</label>
        <input id="username" name="username" value={username} autocomplete="username" autocapitalize="off" required />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <div class="actions">
          <button type="submit" class="primary">
            Log in
          </button>
        </div>
      </form>
    ),
  });
