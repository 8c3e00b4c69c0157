import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { encodeMessage, type WorkerMessage } from "@basalt/core";
import { describe, expect, it } from "vitest";
import { Router } from "zeromq";
import {
  frames,
  hello,
  startServer,
  startWorker,
  stillServes,
  strange,
  typeOf,
  useLinkLab,
} from "./testing/link-lab.js";

const dir = useLinkLab();

describe("the link", () => {
  it("greets, carries messages both ways, and says so as the documents show", async () => {
    const server = await startServer();
    const worker = startWorker(server.socket.endpoint, "good", { jobs: [3, 4] });
    await worker.events.until((event) => event === "up");
    expect(server.events.all).toEqual(["open good 3,4"]);
    await stillServes(server, worker, 7);
    expect(worker.logged.all).toEqual([
      "info Connecting to master as <good>",
      "debug Greeting the master => 'HELLO'",
      "info Waiting for the master to reply",
      "debug The master replied: ['HELLO_OK']",
      "info Connection with the master established",
    ]);
  });

  it("says once that the server can't be reached, and where it looked", async () => {
    const endpoint = `ipc://${join(dir(), "nobody")}`;
    const worker = startWorker(endpoint, "good", { faster: 100 });
    await worker.logged.until((line) => line.startsWith("warning"));
    const server = await startServer({ endpoint });
    await worker.events.until((event) => event === "up");
    await server.socket[Symbol.asyncDispose]();
    const warnings = worker.logged.all.filter((line) => line.startsWith("warning") && !line.includes("was lost"));
    expect(warnings).toEqual([
      `warning no master is reached at ${endpoint}: are address and port right, does it run, is a firewall between? Trying on`,
    ]);
  });

  it("speaks of no connection that was lost where there was none", async () => {
    const web = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
    await once(web, "listening");
    const worker = startWorker(`tcp://127.0.0.1:${(web.address() as AddressInfo).port}`, "good");
    await worker.logged.until((line) => line.includes("is it the master's port for workers"));
    expect(worker.logged.all.filter((line) => line.includes("was lost"))).toEqual([]);
    web.close();
  });

  it("goes on by itself when the server comes back", async () => {
    const endpoint = `ipc://${join(dir(), "link")}`; // a free TCP port may be taken meanwhile
    const first = await startServer({ endpoint });
    const worker = startWorker(endpoint, "good");
    await worker.events.until((event) => event === "up");
    await first.socket[Symbol.asyncDispose]();
    await worker.events.until((event) => event === "down lost");
    expect(await worker.socket.send({ type: "START_OK", job: 1 })).toBe(false);
    const second = await startServer({ endpoint });
    await worker.events.until((event) => event === "up", worker.events.all.length);
    await stillServes(second, worker, 8);
  });

  it("asks who it is when a session is not known", async () => {
    const server = await startServer();
    const dealer = strange(server.socket.endpoint);
    await dealer.send(frames({ type: "START_OK", job: 1 }));
    expect((await typeOf(dealer)).type).toBe("WHO");
    await dealer.send(frames(hello("x")));
    expect((await typeOf(dealer)).type).toBe("HELLO_OK");
    expect(server.events.all).toEqual(["open x "]);
  });

  it("keeps a session alive by PING, and forgets who is silent", async () => {
    const server = await startServer({ goneAfterMs: 400, interval: 0.05 });
    const worker = startWorker(server.socket.endpoint, "good");
    const dealer = strange(server.socket.endpoint);
    await worker.events.until((event) => event === "up");
    await dealer.send(frames(hello("mute")));
    await server.events.until((event) => event === "closed mute silent");
    expect(server.socket.sessions().map(({ name }) => name)).toEqual(["good"]);
    await dealer.send(frames({ type: "PING" }));
    expect((await typeOf(dealer)).type).toBe("HELLO_OK");
    expect((await typeOf(dealer)).type).toBe("WHO");
  });

  it("hears at once that a worker stops, after all that it said before; the next one of that name is let in", async () => {
    const server = await startServer();
    const worker = startWorker(server.socket.endpoint, "good");
    await worker.events.until((event) => event === "up");
    void worker.socket.send({ type: "START_OK", job: 5 });
    await worker.socket[Symbol.asyncDispose]();
    await server.events.until((event) => event === "closed good left");
    expect(server.events.all).toEqual(["open good ", "good START_OK 5", "closed good left"]);
    expect(worker.events.all).toEqual(["up", "down stopped"]);
    expect(server.socket.sessions()).toEqual([]);
    const next = startWorker(server.socket.endpoint, "good");
    await next.events.until((event) => event === "up");
    await stillServes(server, next, 6);
    expect(server.warnings()).toEqual([]);
  });

  it("takes nothing from a worker that said goodbye, until it greets again; and not more often than from others", async () => {
    const server = await startServer();
    const dealer = strange(server.socket.endpoint);
    await dealer.send(frames(hello("x")));
    expect((await typeOf(dealer)).type).toBe("HELLO_OK");
    for (const message of [{ type: "BYE" }, { type: "BYE" }, { type: "START_OK", job: 1 }, hello("x")] as const)
      await dealer.send(frames(message));
    await server.logged.until((line) => line === "warning x greets too often: dropped");
    expect(server.events.all).toEqual(["open x ", "closed x left"]);
  });

  it("tells a worker whose server says nothing any more", async () => {
    const deaf = new Router({ linger: 0 });
    await deaf.bind("tcp://127.0.0.1:*");
    const worker = startWorker(deaf.lastEndpoint as string, "good");
    const [id] = await deaf.receive();
    await deaf.send([id as Buffer, ...encodeMessage({ type: "HELLO_OK", interval: 0.02, version: "1" })]);
    await worker.events.until((event) => event === "down away");
    deaf.close();
  });

  it("lets the newer of two workers of one name in, and tells the older", async () => {
    const server = await startServer();
    const older = startWorker(server.socket.endpoint, "good");
    await older.events.until((event) => event === "up");
    const newer = strange(server.socket.endpoint);
    await newer.send(frames(hello("good")));
    expect((await typeOf(newer)).type).toBe("HELLO_OK");
    await server.events.until((event) => event === "closed good replaced");
    await older.socket.send({ type: "START_OK", job: 1 });
    await older.logged.until((line) => line.includes("another worker named"));
    expect(server.events.all).not.toContain("good START_OK 1");
  });

  it("says why a worker may not work here", async () => {
    const server = await startServer({
      decide: () => ({ ok: false, code: "ERR_WORKER_RETIRED", message: "this worker is retired" }),
    });
    const worker = startWorker(server.socket.endpoint, "good");
    await worker.logged.until((line) => line === "warning the master refused this worker: this worker is retired");
    const dealer = strange(server.socket.endpoint);
    await dealer.send(frames({ ...hello("old"), protocol: 9 } as WorkerMessage));
    expect(await typeOf(dealer)).toMatchObject({ type: "HELLO_NO", code: "ERR_PROTOCOL" });
  });

  it("refuses an address that is none", () => {
    expect(() => startWorker("server:5556", "x")).toThrow(expect.objectContaining({ code: "ERR_LINK_ADDRESS" }));
  });

  it("says that an endpoint is taken", async () => {
    const server = await startServer();
    await expect(startServer({ endpoint: server.socket.endpoint })).rejects.toMatchObject({ code: "ERR_LINK_BIND" });
  });
});
