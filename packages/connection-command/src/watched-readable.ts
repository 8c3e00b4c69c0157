/** What is read ahead of the console. A UART never waits for its reader. */
const readAheadBytes = 16 << 20;
/** What is kept of the first words, for errors. */
const longestSaid = 16_384;

export interface Watched {
  readonly readable: ReadableStream<Uint8Array>;
  /** What came so far, as text. */
  said(): string;
  /** Resolves when more has come since it was last asked. */
  more(): Promise<void>;
  /** Resolves when the stream has ended and all of it was heard. */
  readonly finished: Promise<void>;
}

/** Listens in on a stream without taking anything from it. */
export function watchReadable(source: ReadableStream<Uint8Array>): Watched {
  const decoder = new TextDecoder();
  let said = "";
  let isNews = false;
  let wake = (): void => {};
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const reader = source.getReader();
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          finish();
        } else {
          if (said.length < longestSaid) said += decoder.decode(value, { stream: true });
          controller.enqueue(value);
          isNews = true;
          wake();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: readAheadBytes }),
  );
  return {
    readable,
    said: () => said,
    finished,
    async more() {
      if (!isNews)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      isNews = false;
    },
  };
}
