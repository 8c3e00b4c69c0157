import { asText, infrastructureError, type JsonObject } from "@basalt/core";
import { comPort, type Subnegotiation, type TelnetCodec } from "./telnet-codec.js";

/** Settings of a serial port behind an RFC 2217 server. */
export interface SerialSettings {
  readonly baud: number;
  readonly dataBits: number;
  readonly parity: "none" | "odd" | "even" | "mark" | "space";
  readonly stopBits: number;
}

const parities = { none: 1, odd: 2, even: 3, mark: 4, space: 5 } as const;

/** Reads a connection's `baud`, `data_bits`, `parity` and `stop_bits`; 115200 8N1 where it says nothing. */
export const readSerialSettings = (config: JsonObject): SerialSettings => ({
  baud: typeof config.baud === "number" ? config.baud : 115_200,
  dataBits: typeof config.data_bits === "number" ? config.data_bits : 8,
  parity: (asText(config.parity) ?? "none") as SerialSettings["parity"],
  stopBits: typeof config.stop_bits === "number" ? config.stop_bits : 1,
});

// RFC 2217: client commands; the server confirms each with the same number plus 100 and the value now in force
const [setBaud, setDataBits, setParity, setStopBits] = [1, 2, 3, 4];
const fromServer = 100;

const fourBytes = (value: number): readonly number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];

/** Asks an RFC 2217 server for serial settings; {@link confirmed} tells whether it took them. */
export class SerialNegotiation {
  readonly #wanted: ReadonlyMap<
    number,
    { readonly name: string; readonly value: number; readonly bytes: readonly number[] }
  >;
  readonly #open: Set<number>;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;
  /** Resolves when the server has confirmed all settings; rejects with ERR_SERIAL_SETTINGS (infrastructure) where it took another. */
  readonly confirmed: Promise<void>;

  constructor(settings: SerialSettings) {
    const { baud, dataBits, parity, stopBits } = settings;
    this.#wanted = new Map([
      [setBaud as number, { name: "baud", value: baud, bytes: fourBytes(baud) }],
      [setDataBits as number, { name: "data_bits", value: dataBits, bytes: [dataBits] }],
      [setParity as number, { name: "parity", value: parities[parity], bytes: [parities[parity]] }],
      [setStopBits as number, { name: "stop_bits", value: stopBits, bytes: [stopBits === 2 ? 2 : 1] }],
    ]);
    this.#open = new Set(this.#wanted.keys());
    this.confirmed = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.confirmed.catch(() => {});
  }

  /** Sends all settings; call it when the server has agreed to talk of them. */
  request(codec: TelnetCodec): void {
    for (const [command, { bytes }] of this.#wanted) codec.subnegotiate(comPort, [command, ...bytes]);
  }

  /** Takes the server's confirmations. */
  receive({ option, data }: Subnegotiation): void {
    const command = (data[0] ?? 0) - fromServer;
    const wanted = this.#wanted.get(command);
    if (option !== comPort || !wanted) return;
    const value = data.slice(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (value !== wanted.value)
      this.#settle?.reject(
        infrastructureError(
          "ERR_SERIAL_SETTINGS",
          `the serial server took ${wanted.name} ${value}, not ${wanted.value} as the device's connection asks`,
        ),
      );
    this.#open.delete(command);
    if (this.#open.size === 0) this.#settle?.resolve();
  }
}
