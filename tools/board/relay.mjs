import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Packets on a pipe: each with its length before it, 2 bytes, big-endian. Gives what to call with what came. */
export function readPackets(onPacket) {
  let buffer = Buffer.alloc(0);
  return (data) => {
    buffer = Buffer.concat([buffer, data]);
    while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE()) {
      const end = 2 + buffer.readUInt16BE();
      onPacket(buffer.subarray(2, end));
      buffer = buffer.subarray(end);
    }
  };
}

export function writePacket(stream, packet) {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(packet.length);
  stream.write(Buffer.concat([head, packet]));
}

/**
 * A UDP port of this machine that leads to one in the board's network namespace, as QEMU's `hostfwd` does in its user network: answers go
 * to who asked last.
 */
export async function openRelay({ enter, to, port = 0 }) {
  const socket = createSocket("udp4");
  socket.bind(port, "127.0.0.1");
  await once(socket, "listening");
  const far = fileURLToPath(new URL("relay-far-end.mjs", import.meta.url));
  const [program, ...words] = [...enter, process.execPath, far, to.address, String(to.port)];
  const child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let asker;
  socket.on("message", (packet, from) => {
    asker = from;
    writePacket(child.stdin, packet);
  });
  const answer = readPackets((packet) => asker && socket.send(packet, asker.port, asker.address));
  child.stdin.on("error", () => {}); // the namespace is gone
  child.stdout.on("data", answer);
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
      await new Promise((resolve) => socket.close(resolve));
    },
  };
}
