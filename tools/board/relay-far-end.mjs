// Runs in the board's network namespace: packets from standard input go to the board, and its answers to standard output.
import { createSocket } from "node:dgram";
import { readPackets, writePacket } from "./relay.mjs";

const [address, port] = process.argv.slice(2);
const socket = createSocket("udp4");
socket.on("error", () => {}); // nobody there yet: the client asks again
socket.on("message", (packet) => writePacket(process.stdout, packet));
process.stdin.on(
  "data",
  readPackets((packet) => socket.send(packet, Number(port), address)),
);
process.stdin.on("end", () => process.exit());
