import { describe, expect, it } from "vitest";
import { makeSendWindow } from "./send-window.js";
import { makeUpload } from "./upload.js";

const part = (count: number) => ({ count, bytes: count * 10, now: 0 });

/** An upload the server has answered: it has `next` lines. */
function synced(next: number) {
  const upload = makeUpload();
  upload.probed(0);
  upload.acknowledge(next, 0);
  return upload;
}

describe("an upload", () => {
  it("begins where the server says", () => {
    const upload = makeUpload();
    expect([upload.isSynced, upload.isProbing]).toEqual([false, false]);
    upload.probed(5);
    expect([upload.isProbing, upload.waitingSince]).toEqual([true, 5]);
    upload.acknowledge(700, 6);
    expect([upload.isSynced, upload.isProbing, upload.sent, upload.acked]).toEqual([true, false, 700, 700]);
  });

  it("moves its window on, and tells how long answers took", () => {
    const upload = synced(0);
    upload.sentPart({ count: 10, bytes: 100, now: 1 });
    upload.sentPart({ count: 10, bytes: 100, now: 3 });
    expect([upload.sent, upload.inFlight, upload.bytesInFlight, upload.waitingSince]).toEqual([20, 2, 200, 1]);
    expect(upload.acknowledge(10, 8)).toEqual({ freedBytes: 100, latencyMs: 7 });
    expect(upload.acknowledge(20, 9)).toEqual({ freedBytes: 100, latencyMs: 6 });
    expect([upload.acked, upload.inFlight, upload.waitingSince]).toEqual([20, 0, undefined]);
  });

  it("goes back to a gap, once, however often the server says so", () => {
    const upload = synced(0);
    for (let i = 0; i < 3; i++) upload.sentPart(part(10));
    upload.acknowledge(10, 1);
    upload.acknowledge(10, 1); // the second was lost: the third makes a gap
    expect([upload.sent, upload.inFlight]).toEqual([10, 0]);
    upload.sentPart(part(10));
    upload.acknowledge(10, 1); // late words about the same gap
    expect([upload.sent, upload.inFlight]).toEqual([20, 1]);
    upload.acknowledge(20, 1);
    upload.sentPart(part(10));
    upload.acknowledge(20, 1); // another gap
    expect(upload.sent).toBe(20);
  });

  it("goes forward to what the server has from before, and back to what it lost", () => {
    const upload = synced(0);
    upload.sentPart(part(10));
    upload.acknowledge(50, 1);
    expect([upload.sent, upload.acked, upload.inFlight]).toEqual([50, 50, 0]);
    upload.acknowledge(30, 1);
    expect([upload.sent, upload.acked]).toEqual([30, 30]);
  });

  it("asks again after a restart, and forgets what was under way", () => {
    const upload = synced(5);
    upload.sentPart(part(10));
    upload.restart();
    expect([upload.isSynced, upload.isProbing, upload.sent, upload.inFlight, upload.bytesInFlight]).toEqual([
      false,
      false,
      5,
      0,
      0,
    ]);
  });
});

describe("the window of all uploads", () => {
  it("opens while answers come fast and closes when they don't, within bounds", () => {
    const window = makeSendWindow();
    const first = window.bytes;
    window.answered(10);
    expect(window.bytes).toBe(first * 2);
    for (let i = 0; i < 20; i++) window.answered(10);
    expect([window.bytes, window.partBytes]).toEqual([8 << 20, 1 << 20]);
    window.answered(1_000);
    expect(window.bytes).toBe(8 << 20);
    for (let i = 0; i < 20; i++) window.answered(5_000);
    expect([window.bytes, window.partBytes]).toEqual([32 << 10, 32 << 10]);
  });
});
