import fc from "fast-check";
import { expect, test } from "vitest";
import { FakeClock } from "../fakes/fake-clock.js";
import { virtualSerial } from "./virtual-serial.js";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test("what one end writes the other reads, and nobody waits for a reader", async () => {
  const { host, dut } = virtualSerial();
  const writer = dut.writable.getWriter();
  const big = new Uint8Array(1 << 22).fill(65);
  for (let i = 0; i < 4; i++) await writer.write(big); // 16 MiB that nobody reads
  const reader = host.readable.getReader();
  expect((await reader.read()).value).toHaveLength(big.length);
  const up = host.writable.getWriter();
  await up.write(bytesOf("reset\r"));
  expect((await dut.readable.getReader().read()).value).toEqual(bytesOf("reset\r"));
});

test("a writer may use its buffer again", async () => {
  const { host, dut } = virtualSerial();
  const buffer = bytesOf("one");
  const writer = dut.writable.getWriter();
  await writer.write(buffer);
  buffer.fill(0);
  expect((await host.readable.getReader().read()).value).toEqual(bytesOf("one"));
});

test("unplugged, both ends read what was sent and then the end; writing fails", async () => {
  const { host, dut, unplug } = virtualSerial();
  await dut.writable.getWriter().write(bytesOf("last words"));
  unplug();
  const reader = host.readable.getReader();
  expect((await reader.read()).value).toEqual(bytesOf("last words"));
  expect((await reader.read()).done).toBe(true);
  await expect(host.writable.getWriter().write(bytesOf("x"))).rejects.toMatchObject({ code: "ERR_CONNECTION_CLOSED" });
  unplug();
});

test("hanging up ends one's own reading, and the other end can go on writing", async () => {
  const { host, dut } = virtualSerial();
  await host[Symbol.asyncDispose]();
  expect((await host.readable.getReader().read()).done).toBe(true);
  await dut.writable.getWriter().write(bytesOf("into the void"));
});

test("at 9600 baud ten bytes take 10.4 ms", async () => {
  const clock = new FakeClock();
  const { host, dut } = virtualSerial({ baud: 9600, clock });
  const arrived: number[] = [];
  const writer = dut.writable.getWriter();
  await writer.write(bytesOf("0123456789"));
  await writer.write(bytesOf("0123456789"));
  const reader = host.readable.getReader();
  const reading = (async () => {
    for (let i = 0; i < 2; i++) {
      await reader.read();
      arrived.push(clock.monotonic());
    }
  })();
  await clock.run(reading);
  expect(arrived.map((ms) => Math.round(ms * 10) / 10)).toEqual([10.4, 20.8]);
});

test("faults follow their seed, in their direction only", async () => {
  const through = async (seed: number, loss: number, corruption: number): Promise<Uint8Array> => {
    const { host, dut } = virtualSerial({ toHost: { seed, loss, corruption } });
    await dut.writable.getWriter().write(new Uint8Array(1000).fill(0x55));
    return (await host.readable.getReader().read()).value!;
  };
  const lossy = await through(1, 0.1, 0);
  expect(lossy.length).toBeGreaterThan(850);
  expect(lossy.length).toBeLessThan(950);
  expect(await through(1, 0.1, 0)).toEqual(lossy);
  expect(await through(2, 0.1, 0)).not.toEqual(lossy);
  const corrupt = await through(1, 0, 0.1);
  expect(corrupt).toHaveLength(1000);
  const changed = [...corrupt].filter((byte) => byte !== 0x55);
  expect(changed.length).toBeGreaterThan(50);
  for (const byte of changed) expect([1, 2, 4, 8, 16, 32, 64, 128]).toContain(byte ^ 0x55);
});

test("without faults nothing is changed, however it is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 10 }),
      async (chunks) => {
        const { host, dut, unplug } = virtualSerial();
        const writer = dut.writable.getWriter();
        for (const chunk of chunks) await writer.write(chunk);
        unplug();
        const got: number[] = [];
        const reader = host.readable.getReader();
        for (let r = await reader.read(); !r.done; r = await reader.read()) got.push(...r.value);
        expect(got).toEqual(chunks.flatMap((c) => [...c]));
      },
    ),
    { numRuns: 50 },
  );
});
