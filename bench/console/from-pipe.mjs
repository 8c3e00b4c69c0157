/** What came through a pipe, as a driver hands it to the console. */
export const fromPipe = (pipe) =>
  new ReadableStream({
    start(controller) {
      pipe.on("data", (bytes) => {
        controller.enqueue(bytes);
        if (controller.desiredSize <= 0) pipe.pause();
      });
      pipe.on("end", () => controller.close());
    },
    pull: () => void pipe.resume(),
  });
