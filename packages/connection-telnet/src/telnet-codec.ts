/** Bytes of RFC 854 that the codec knows by name. */
export const iac = 255;
const [dont, doIt, wont, will, subBegin, subEnd] = [254, 253, 252, 251, 250, 240];
const [binary, echo, suppressGoAhead] = [0, 1, 3];
export const comPort = 44;

const cr = 13;
const nul = 0;

/** What the far end asked for in a subnegotiation: the option and its bytes, unescaped. */
export interface Subnegotiation {
  readonly option: number;
  readonly data: Uint8Array;
}

export interface TelnetCodecOptions {
  /** Options that we take part in beside binary, echo and suppress-go-ahead. */
  readonly extra?: readonly number[];
  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void;
  onSubnegotiation?(message: Subnegotiation): void;
  /** The far end agreed (DO) to an option that we offered. */
  onAgreed?(option: number): void;
}

type State = "data" | "cr" | "iac" | "option" | "sub" | "sub-iac";

/** Telnet (RFC 854) for a console: takes commands out of what comes, answers them, escapes what goes. Works however the bytes are cut. */
export class TelnetCodec {
  readonly #options: TelnetCodecOptions;
  readonly #wanted: ReadonlySet<number>;
  /** Answers already given, so that two ends don't answer each other for ever. */
  readonly #answered = new Set<string>();
  #state: State = "data";
  #verb = 0;
  #sub: number[] = [];
  #sendsBinary = false;

  constructor(options: TelnetCodecOptions) {
    this.#options = options;
    this.#wanted = new Set([binary, echo, suppressGoAhead, ...(options.extra ?? [])]);
  }

  /** Offers an option (WILL). */
  offer(option: number): void {
    this.#say(will, option);
  }

  /** Sends a subnegotiation. */
  subnegotiate(option: number, data: readonly number[]): void {
    const escaped = data.flatMap((byte) => (byte === iac ? [iac, iac] : [byte]));
    this.#options.write(Uint8Array.from([iac, subBegin, option, ...escaped, iac, subEnd]));
  }

  /** Data for the far end: 255 doubled, and outside binary mode a lone CR followed by NUL. */
  encode(data: Uint8Array): Uint8Array {
    if (!data.includes(iac) && (this.#sendsBinary || !data.includes(cr))) return data;
    const out: number[] = [];
    data.forEach((byte, i) => {
      out.push(byte);
      if (byte === iac) out.push(iac);
      else if (byte === cr && !this.#sendsBinary && data[i + 1] !== 10) out.push(nul);
    });
    return Uint8Array.from(out);
  }

  /** What of the received bytes is data; the rest is answered. */
  decode(received: Uint8Array): Uint8Array {
    if (this.#state === "data" && !received.includes(iac) && !received.includes(cr)) return received;
    const out: number[] = [];
    for (const byte of received) this.#byte(byte, out);
    return Uint8Array.from(out);
  }

  #byte(byte: number, out: number[]): void {
    switch (this.#state) {
      case "cr":
        this.#state = "data";
        if (byte !== nul) this.#byte(byte, out);
        break;
      case "data":
        if (byte === iac) this.#state = "iac";
        else out.push(byte);
        if (byte === cr) this.#state = "cr";
        break;
      case "iac":
        this.#command(byte, out);
        break;
      case "option":
        this.#state = "data";
        this.#negotiate(this.#verb, byte);
        break;
      case "sub":
        if (byte === iac) this.#state = "sub-iac";
        else this.#sub.push(byte);
        break;
      case "sub-iac":
        if (byte === iac) {
          this.#sub.push(iac);
          this.#state = "sub";
        } else this.#endSub();
    }
  }

  #command(byte: number, out: number[]): void {
    if (byte === iac) out.push(iac);
    this.#state = byte === subBegin ? "sub" : byte >= will ? (byte === iac ? "data" : "option") : "data";
    this.#verb = byte;
    this.#sub = [];
  }

  #endSub(): void {
    this.#state = "data";
    const [option, ...data] = this.#sub;
    if (option !== undefined) this.#options.onSubnegotiation?.({ option, data: Uint8Array.from(data) });
  }

  #negotiate(verb: number, option: number): void {
    const wanted = this.#wanted.has(option);
    if (verb === doIt) {
      // echoing is the far end's part: we never do it
      this.#say(wanted && option !== echo ? will : wont, option);
      if (option === binary) this.#sendsBinary = true;
      if (wanted) this.#options.onAgreed?.(option);
    } else if (verb === will) this.#say(wanted ? doIt : dont, option);
    else if (verb === dont) this.#say(wont, option);
    else if (verb === wont) this.#say(dont, option);
  }

  #say(verb: number, option: number): void {
    const key = `${verb} ${option}`;
    if (this.#answered.has(key)) return;
    this.#answered.add(key);
    this.#options.write(Uint8Array.of(iac, verb, option));
  }
}
