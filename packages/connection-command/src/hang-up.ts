import type { Clock, PtyProcess } from "@basalt/core";

/** How long a program gets to go by itself. */
const politeMs = 1_000;
/** Between two things typed: telnet leaves its raw mode in between. */
const pauseMs = 50;

export type Kind = "telnet" | "ssh" | "shell";

const farewells: Readonly<Record<Kind, readonly string[]>> = {
  // ctrl-] is telnet's escape
  telnet: ["\x1d", "quit\r"],
  // ssh knows its escape only after a line end
  ssh: ["\r", "~."],
  shell: [],
};

/** What a connection is, by its tags, else by its program's name. */
export function kindOf(tags: readonly string[], program: string): Kind {
  const named = (["telnet", "ssh", "shell"] as const).find((kind) => tags.includes(kind));
  if (named) return named;
  const base = program.split("/").at(-1);
  return base === "telnet" || base === "ssh" ? base : "shell";
}

async function sayFarewell(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { kind, clock, signal }: { kind: Kind; clock: Clock; signal: AbortSignal },
): Promise<void> {
  for (const text of farewells[kind]) {
    await writer.write(new TextEncoder().encode(text));
    await clock.sleep(pauseMs, { signal });
  }
}

/**
 * Ends a connection as its kind wants it (lava-dispatcher.md 3.9), so that the far side knows at once that the port is free; what does not
 * go in time is killed with all it started.
 */
export async function hangUp(
  pty: PtyProcess,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { kind, clock }: { readonly kind: Kind; readonly clock: Clock },
): Promise<void> {
  const stop = new AbortController();
  try {
    if (farewells[kind].length > 0) {
      const late = clock.sleep(politeMs, { signal: stop.signal }).catch(() => {});
      const gone = sayFarewell(writer, { kind, clock, signal: stop.signal }).then(
        () => pty.exited,
        () => undefined,
      );
      await Promise.race([gone, pty.exited, late]);
    }
  } finally {
    stop.abort();
    await pty[Symbol.asyncDispose]();
  }
}
