import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** What a {@link FakeFastboot} is. */
export interface FakeFastbootOptions {
  /** Variables that `getvar` answers, beside those every board has. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Partitions that say FAIL when they are flashed, and why. */
  readonly failing?: Readonly<Record<string, string>>;
  readonly transport?: "tcp" | "udp";
  /** Where it listens on 127.0.0.1; a free port if absent. */
  readonly port?: number;
  /** Whether a new client is answered: a board speaks fastboot only while its bootloader does. Always if absent. */
  awake?(): boolean;
  /** Writes an image where the board keeps it; a text is why the board refuses it. */
  onFlash?(partition: string, image: Uint8Array): string | undefined;
  /** The client restarts the board: `reboot`, `reboot-bootloader`, `continue`. */
  onReboot?(command: string): void;
}

const toHex = (count: number): string => count.toString(16).padStart(8, "0");

/** The board's side of the fastboot protocol, without its transport: packets in, packets out. */
class Board {
  /** Bytes that a `download:` still brings. */
  #wanted = 0;
  #chunks: Buffer[] = [];
  readonly commands: string[] = [];
  readonly flashed = new Map<string, Buffer>();
  booted: Buffer | undefined;

  constructor(private readonly options: FakeFastbootOptions) {}

  get awake(): boolean {
    return this.options.awake?.() ?? true;
  }

  take(packet: Buffer): readonly string[] {
    if (this.#wanted === 0) return this.#command(packet.toString("latin1"));
    this.#chunks.push(packet);
    this.#wanted -= packet.byteLength;
    return this.#wanted > 0 ? [] : ["OKAY"];
  }

  #command(command: string): readonly string[] {
    this.commands.push(command);
    const [verb = "", argument = ""] = command.split(/:(.*)/s);
    if (verb === "getvar") return [`OKAY${this.#variables[argument] ?? ""}`];
    if (verb === "download") {
      this.#wanted = Number.parseInt(argument, 16);
      this.#chunks = [];
      return [`DATA${toHex(this.#wanted)}`];
    }
    if (verb === "flash") return this.#flash(argument);
    if (verb === "boot") this.booted = Buffer.concat(this.#chunks);
    const restarts = verb.startsWith("reboot") || verb === "continue";
    if (restarts) this.options.onReboot?.(verb);
    return verb === "boot" || restarts ? ["OKAY"] : ["FAILunknown command"];
  }

  #flash(partition: string): readonly string[] {
    const image = Buffer.concat(this.#chunks);
    const reason = this.options.failing?.[partition] ?? this.options.onFlash?.(partition, image);
    if (reason !== undefined) return [`FAIL${reason}`];
    this.flashed.set(partition, image);
    return [`INFOwriting '${partition}'`, "OKAY"];
  }

  get #variables(): Readonly<Record<string, string>> {
    return { version: "0.4", product: "fake", "max-download-size": "0x1000000", ...this.options.variables };
  }
}

/** Packets of a TCP stream: `FB01`, then each with its length before it, 8 bytes, big-endian. */
function serveTcp(socket: Socket, board: Board): void {
  let buffer = Buffer.alloc(0);
  let greeted = false;
  const send = (text: string): void => {
    const head = Buffer.alloc(8);
    head.writeBigUInt64BE(BigInt(Buffer.byteLength(text)));
    socket.write(Buffer.concat([head, Buffer.from(text)]));
  };
  socket.on("error", () => {}); // the client hangs up as it likes
  socket.on("data", (data: Buffer) => {
    buffer = Buffer.concat([buffer, data]);
    if (!greeted && buffer.byteLength >= 4) {
      greeted = true;
      buffer = buffer.subarray(4);
      socket.write("FB01");
    }
    for (;;) {
      if (!greeted || buffer.byteLength < 8) return;
      const size = Number(buffer.readBigUInt64BE());
      if (buffer.byteLength < 8 + size) return;
      const packet = buffer.subarray(8, 8 + size);
      buffer = buffer.subarray(8 + size);
      for (const answer of board.take(Buffer.from(packet))) send(answer);
    }
  });
}

const udpIds = { query: 1, init: 2, fastboot: 3 };

/** A UDP packet's answer: id, flags, sequence number (two bytes), data. Answers wait until the host asks with an empty packet. */
function udpAnswerer(board: Board) {
  let next = 0;
  let pending: string[] = [];
  let parts: Buffer[] = [];
  let last: Buffer = Buffer.alloc(0);
  return (packet: Buffer): Buffer | undefined => {
    const [id = 0, flags = 0] = packet;
    // what a client has begun it may end: the answer to `reboot` is on its way
    if (id === udpIds.query && !board.awake) return undefined;
    const sequence = packet.readUInt16BE(2);
    const answer = (data: Buffer): Buffer => Buffer.concat([Buffer.from([id, 0]), packet.subarray(2, 4), data]);
    if (id === udpIds.query) return answer(Buffer.from([next >> 8, next & 0xff]));
    if (sequence !== next) return last; // sent again: so is the answer
    next = (next + 1) & 0xffff;
    const data = packet.subarray(4);
    if (id === udpIds.init) {
      last = answer(Buffer.from([0, 1, 0x04, 0x00])); // version 1, packets of 1024 bytes
      return last;
    }
    if (data.byteLength === 0) {
      last = answer(Buffer.from(pending.shift() ?? ""));
      return last;
    }
    parts.push(Buffer.from(data));
    if ((flags & 1) === 0) {
      pending = [...pending, ...board.take(Buffer.concat(parts))];
      parts = [];
    }
    last = answer(Buffer.alloc(0));
    return last;
  };
}

/** A board in fastboot mode on the loopback network, for the real `fastboot` client. */
export class FakeFastboot implements AsyncDisposable {
  readonly #board: Board;
  /** What `-s` takes: `tcp:127.0.0.1:PORT`. */
  readonly serial: string;
  readonly #close: () => void;

  private constructor(board: Board, serial: string, close: () => void) {
    this.#board = board;
    this.serial = serial;
    this.#close = close;
  }

  static async open(options: FakeFastbootOptions = {}): Promise<FakeFastboot> {
    const board = new Board(options);
    const host = "127.0.0.1";
    if (options.transport === "udp") {
      const socket = createSocket("udp4");
      const answer = udpAnswerer(board);
      socket.on("message", (packet, from) => {
        const reply = answer(packet);
        if (reply) socket.send(reply, from.port, from.address);
      });
      socket.bind(options.port ?? 0, host);
      await once(socket, "listening");
      return new FakeFastboot(board, `udp:${host}:${socket.address().port}`, () => socket.close());
    }
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      if (!board.awake) return void socket.destroy();
      sockets.add(socket);
      serveTcp(socket, board);
    });
    server.listen(options.port ?? 0, host);
    await once(server, "listening");
    return new FakeFastboot(board, `tcp:${host}:${(server.address() as AddressInfo).port}`, () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
  }

  /** Commands of the protocol, in order: `getvar:version`, `download:00000010`, `flash:boot`... */
  get commands(): readonly string[] {
    return this.#board.commands;
  }

  /** What was flashed, by partition. */
  get flashed(): ReadonlyMap<string, Uint8Array> {
    return this.#board.flashed;
  }

  /** What was loaded and started. */
  get booted(): Uint8Array | undefined {
    return this.#board.booted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}
