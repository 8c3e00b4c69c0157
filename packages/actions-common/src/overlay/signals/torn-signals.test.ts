import { compilePattern } from "@basalt/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checksum } from "./checksum.js";
import { type Signal, signalPattern } from "./signal.js";
import { SignalStream } from "./signal-stream.js";

/** Something a test says. Reports ask for an answer, marks don't, as in lava-common. */
interface Said {
  readonly kind: string;
  readonly body: string;
  readonly asks: boolean;
}

/** As in lava_confirm: the first is for reports, the second for the ends of runs once the host has answered. */
const tries = { report: 12, sync: 60 };

/** A serial line on which the kernel prints whole lines into the midst of what programs print. */
class TornLine {
  #left = 0;
  #next = 0;
  torn = 0;
  constructor(private readonly kernel: readonly { readonly gap: number; readonly line: string }[]) {
    this.#left = kernel[0]?.gap ?? Number.POSITIVE_INFINITY;
  }

  carry(text: string): string {
    let out = "";
    let rest = text;
    while (rest.length > this.#left) {
      out += rest.slice(0, this.#left) + (this.kernel[this.#next]?.line ?? "");
      if (this.#left > 0) this.torn++;
      rest = rest.slice(this.#left);
      this.#left = this.kernel[++this.#next]?.gap ?? Number.POSITIVE_INFINITY;
    }
    this.#left -= rest.length;
    return out + rest;
  }
}

const pattern = compilePattern(signalPattern);

/** The host: what `run-test-shell` does with the console's text, without a console. */
class Host {
  readonly stream = new SignalStream();
  readonly received: Signal[] = [];
  readonly answers: string[] = [];
  #text = "";

  hear(text: string): void {
    this.#text += text;
    for (let hit = pattern.search(this.#text); hit; hit = pattern.search(this.#text)) {
      this.#text = this.#text.slice(hit.end);
      const { answer, signals } = this.stream.take(hit.text);
      this.received.push(...signals);
      if (answer !== undefined) this.answers.push(answer);
    }
  }

  finish(): void {
    this.received.push(...this.stream.finish().signals);
  }
}

/** What `lava-common` does on a device that can listen; a test below holds the scripts themselves to the same. */
function sayAll(said: readonly Said[], line: TornLine, host: Host): void {
  const kept: Said[] = [];
  let deaf = false;
  let heard = false;
  const send = (sequence: number, ask: string): void => {
    const one = kept[sequence - 1];
    if (!one) return;
    const sum = checksum(`${sequence}${ask} ${one.kind} ${one.body}`);
    host.hear(line.carry(`<LAVA_SIGNAL_${one.kind} SEQ=${sequence}.${sum}${ask} ${one.body}>\r\n`));
  };
  for (const one of said) {
    kept.push(one);
    const sequence = kept.length;
    const sync = /RUN/.test(one.kind);
    if (!one.asks || (deaf && !sync)) {
      send(sequence, "");
      continue;
    }
    host.answers.length = 0;
    send(sequence, "?");
    deaf = true;
    let next = sequence;
    for (let tried = 0; tried < (sync && heard ? tries.sync : tries.report); ) {
      const answer = host.answers.shift();
      const have = Number(answer?.replace(/\D/g, ""));
      if (answer === undefined) {
        tried++;
        send(next, "?");
      } else if (have >= sequence) {
        deaf = false;
        heard = true;
        break;
      } else if (answer.endsWith("-")) {
        tried = have + 1 === next ? tried + 1 : 0;
        next = have + 1;
        send(next, "?");
      }
    }
    host.hear(line.carry("+ some output of the test itself, with a < and a >\r\n"));
  }
}

const word = fc.stringMatching(/^[a-z0-9_.-]{1,24}$/);
const testCase: fc.Arbitrary<Said> = fc
  .tuple(word, fc.constantFrom("pass", "fail", "skip", "unknown"), fc.option(fc.integer()))
  .map(([id, result, measurement]) => ({
    kind: "TESTCASE",
    body: `TEST_CASE_ID=${id} RESULT=${result}${measurement === null ? "" : ` MEASUREMENT=${measurement}`}`,
    asks: true,
  }));
const mark = fc
  .tuple(fc.constantFrom("STARTTC", "ENDTC", "TESTEVENT"), word)
  .map(([kind, body]) => ({ kind, body, asks: false }));
const raise = word.map((body) => ({ kind: "TESTRAISE", body, asks: true }));
const session: fc.Arbitrary<readonly Said[]> = fc
  .array(
    fc.oneof({ weight: 5, arbitrary: testCase }, { weight: 3, arbitrary: mark }, { weight: 1, arbitrary: raise }),
    { maxLength: 40 },
  )
  .map((inside) => [
    { kind: "TESTRUNNER", body: "START", asks: true },
    { kind: "STARTRUN", body: "0_smoke 1_1.1", asks: true },
    ...inside,
    { kind: "ENDRUN", body: "0_smoke 1_1.1", asks: true },
    { kind: "TESTRUNNER", body: "EXIT", asks: true },
  ]);

const stamped = fc
  .tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 999_999 }), fc.stringMatching(/^[ -~]{0,80}$/))
  .map(([seconds, micros, text]) => `[${String(seconds).padStart(5)}.${String(micros).padStart(6, "0")}] ${text}\r\n`);
const unstamped = fc.constantFrom(
  "usb 1-1: new high-speed USB device number 2 using ehci-platform\r\n",
  "random: crng init done\r\n",
  "<6>EXT4-fs (mmcblk0p2): re-mounted. Opts: (null)\r\n",
  "\r\nINFO: task kworker/0:1:23 blocked for more than 120 seconds.\r\n",
);
const kernelLine = fc.oneof({ weight: 4, arbitrary: stamped }, { weight: 1, arbitrary: unstamped });
const kernel = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 300 }), line: kernelLine }), { maxLength: 60 });

const soak = process.env.BASALT_SOAK === "1";
const runs = soak ? 20_000 : 1_000;
const seed = Number(process.env.BASALT_SEED ?? Date.now() & 0x7fffffff);

const textOf = ({ kind, text }: { kind: string; text: string }): string => `${kind} ${text}`;

test(`kernel lines at random places lose or change nothing (${runs} cases, seed ${seed})`, () => {
  let torn = 0;
  fc.assert(
    fc.property(session, kernel, (said, lines) => {
      const [line, host] = [new TornLine(lines), new Host()];
      sayAll(said, line, host);
      host.finish();
      torn += line.torn;
      expect(host.received.filter(({ sequence }) => sequence).map(textOf)).toEqual(
        said.map(({ kind, body }) => `${kind} ${body}`),
      );
      // what a kernel line makes of the rest of a signal is never taken for a result or a plain signal
      expect(
        host.received.filter(
          ({ kind, sequence, words }) =>
            !sequence && kind !== "TESTEVENT" && words.some((w) => w.startsWith("RESULT=")),
        ),
      ).toEqual([]);
      expect(host.stream.lost).toBe(0);
    }),
    { numRuns: runs, seed },
  );
  console.log(
    `torn signals: ${runs} cases, seed ${seed}: ${torn} kernel lines in the output, no result lost or changed`,
  );
}, 600_000);

test(`plain LAVA signals lose results, and the loss is counted (seed ${seed})`, () => {
  let [sent, lost, counted] = [0, 0, 0];
  fc.assert(
    fc.property(session, kernel, (said, lines) => {
      const [line, host] = [new TornLine(lines), new Host()];
      for (const { body, kind } of said) host.hear(line.carry(`<LAVA_SIGNAL_${kind} ${body}>\r\n`));
      const want = said.filter(({ kind }) => kind === "TESTCASE").map(({ body }) => `TESTCASE ${body}`);
      const got = host.received.map(textOf);
      sent += want.length;
      for (const one of want) if (!got.includes(one)) lost++;
      counted += host.stream.lost;
    }),
    { numRuns: runs, seed },
  );
  console.log(
    `plain LAVA signals: ${lost} of ${sent} results lost (${((lost / sent) * 100).toFixed(1)} %), ${counted} damaged signals told in the log`,
  );
  expect(lost).toBeGreaterThan(0);
  expect(counted).toBeGreaterThan(lost / 2);
}, 600_000);
