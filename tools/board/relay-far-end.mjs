// Runs in the board's network namespace: hands a UDP socket of it to its parent, and waits until the parent has it.
import { createSocket } from "node:dgram";

const socket = createSocket("udp4");
socket.bind(0, () => process.send("socket", socket));
for (const end of ["message", "disconnect"]) process.once(end, () => process.exit());
