import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A UDP socket of the board's namespace. It stays one when the process that made it there is gone. */
async function socketInside(enter) {
  const far = fileURLToPath(new URL("relay-far-end.mjs", import.meta.url));
  const [program, ...words] = [...enter, process.execPath, far];
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const closed = once(child, "close");
  const [, socket] = await Promise.race([
    once(child, "message"),
    closed.then(([code]) => {
      throw new Error(`no socket in the board's network: ${program} ended with ${code}`);
    }),
  ]);
  child.send("taken");
  await closed;
  return socket;
}

/**
 * A UDP port of this machine that leads to one in the board's network namespace, as QEMU's `hostfwd` does in its user network: answers go
 * to who asked last.
 */
export async function openRelay({ enter, to, port = 0 }) {
  const inside = await socketInside(enter);
  const outside = createSocket("udp4");
  outside.bind(port, "127.0.0.1");
  await once(outside, "listening");
  let asker;
  outside.on("message", (packet, from) => {
    asker = from;
    inside.send(packet, to.port, to.address);
  });
  inside.on("message", (packet) => asker && outside.send(packet, asker.port, asker.address));
  inside.on("error", () => {}); // nobody there yet: the client asks again
  return {
    port: outside.address().port,
    async [Symbol.asyncDispose]() {
      await Promise.all([inside, outside].map((socket) => new Promise((resolve) => socket.close(resolve))));
    },
  };
}
