import { document, type Frame } from "./frame.js";

export interface ErrorView {
  readonly status: number;
  readonly title: string;
  readonly message: string;
  /** `ERR_*` */
  readonly code?: string | undefined;
}

/** What can't be shown or done, and why. */
export const errorPage = (frame: Frame, { status, title, message, code }: ErrorView): string =>
  document(frame, {
    title,
    children: (
      <div class="card narrow" role="alert">
        <p class="quiet">
          {status}
          {code !== undefined && ` · ${code}`}
        </p>
        <h1>{title}</h1>
        <pre class="message">{message}</pre>
        <p>
          <a href="/">To the lab</a>
        </p>
      </div>
    ),
  });
