import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { connect as connectTcp } from "node:net";
import { describe, expect, it } from "vitest";
import {
  frames,
  hello,
  startServer,
  startWorker,
  stillServes,
  strange,
  typeOf,
  useLinkLab,
} from "../testing/link-lab.js";

useLinkLab();

describe("a server under bad peers", () => {
  async function withGood() {
    const server = await startServer();
    const worker = startWorker(server.socket.endpoint, "good");
    await worker.events.until((event) => event === "up");
    return { server, worker, endpoint: server.socket.endpoint };
  }

  it("drops garbage in every state, and says so once", async () => {
    const { server, worker, endpoint } = await withGood();
    const junk = strange(endpoint);
    for (let i = 0; i < 100; i++) await junk.send([Buffer.from([0xff, i]), "x", "y"]);
    await junk.send(frames(hello("junk")));
    expect((await typeOf(junk)).type).toBe("HELLO_OK");
    for (let i = 0; i < 100; i++) await junk.send('{"v": 1, "ch": "control", "type": "END"}');
    await junk.send(frames({ type: "START_OK", job: 77 }));
    await server.events.until((event) => event === "junk START_OK 77");
    await stillServes(server, worker, 1);
    expect(server.warnings()).toEqual([
      "warning a message of a stranger was dropped: it has 3 frames, expected a header and at most one body",
      'warning a message of worker junk was dropped: END: "job" is missing',
    ]);
  });

  it("drops messages of 10 MB and connections that send more", async () => {
    const { server, worker, endpoint } = await withGood();
    const big = strange(endpoint);
    for (let i = 0; i < 3; i++) await big.send(["{}", Buffer.alloc(10_000_000)]);
    await big.send(frames(hello("big")));
    expect((await typeOf(big)).type).toBe("HELLO_OK");
    expect(server.warnings()).toEqual([
      "warning a message of a stranger was dropped: it has 10000002 bytes, at most 8388608 are allowed",
    ]);
    const cut = new Promise((resolve) => big.events.on("disconnect", resolve));
    await big.send(["{}", Buffer.alloc(20_000_000)]);
    await cut;
    await stillServes(server, worker, 1);
  });

  it("drops what is not ZeroMQ at all", async () => {
    const { server, worker, endpoint } = await withGood();
    const { port } = new URL(endpoint);
    const socket = connectTcp(Number(port), "127.0.0.1");
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => {});
    socket.end("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000));
    socket.resume();
    await closed;
    await stillServes(server, worker, 1);
  });

  it("rations HELLOs of one connection", async () => {
    const { server, worker, endpoint } = await withGood();
    const flood = strange(endpoint);
    for (let i = 0; i < 2_000; i++) await flood.send(frames(hello("flood")));
    await flood.send(frames({ type: "START_OK", job: 5 }));
    await server.events.until((event) => event === "flood START_OK 5");
    await stillServes(server, worker, 1);
    expect(server.events.all.filter((event) => event.startsWith("open flood"))).toHaveLength(1);
    expect(server.warnings()).toEqual(["warning flood greets too often: dropped"]);
  });

  it("stands a flood of connections, and still lets workers in", async () => {
    const { server, worker, endpoint } = await withGood();
    const flood = Array.from({ length: 400 }, () => strange(endpoint));
    await Promise.all(flood.map((dealer) => dealer.send(frames({ type: "PING" }))));
    await Promise.all(flood.slice(-100).map(typeOf));
    const late = startWorker(endpoint, "late");
    await late.events.until((event) => event === "up");
    await stillServes(server, worker, 1);
    expect(server.warnings()).toEqual([]);
  });

  // libzmq's own heartbeats abort the process here; they came every 5 s
  it.runIf(process.env.BASALT_SOAK)(
    "outlives a peer that floods and is killed while the server does not read",
    async () => {
      const { server, worker, endpoint } = await withGood();
      const zeromq = createRequire(import.meta.url).resolve("zeromq");
      const flood = `const { Dealer } = require(${JSON.stringify(zeromq)});
        const dealer = new Dealer({ sendHighWaterMark: 100_000 });
        dealer.connect(${JSON.stringify(endpoint)});
        (async () => { for (let i = 0; i < 20_000; i++) await dealer.send(Buffer.alloc(1_000)); })();
        setTimeout(() => process.kill(process.pid, "SIGKILL"), 1_000);`;
      const peer = spawn(process.execPath, ["-e", flood], { stdio: "ignore" });
      const died = new Promise((resolve) => peer.on("close", resolve));
      await server.logged.until((line) => line.includes("a message of a stranger was dropped"));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 13_000);
      await died;
      await stillServes(server, worker, 1);
    },
    30_000,
  );

  it("ignores peers that choose their own identity", async () => {
    const { server, worker, endpoint } = await withGood();
    const posing = strange(endpoint, undefined, { routingId: "master" });
    await posing.send(frames(hello("posing")));
    await server.logged.until((line) => line.includes("identity"));
    await stillServes(server, worker, 1);
    expect(server.events.all).not.toContain("open posing ");
  });
});
