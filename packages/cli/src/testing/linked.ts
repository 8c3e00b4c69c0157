import { openWorkerSocket, type ServerEncryption, type WorkerEncryption, type WorkerSocket } from "@basalt/link";
import { startServerLink } from "@basalt/server";
import { fastClock } from "@basalt/testing";
import { openWorkerLink } from "@basalt/worker";
import { afterEach, expect } from "vitest";
import { Events } from "./events.js";
import type { FakeBackend } from "./fake-backend.js";
import { FakeBook } from "./fake-book.js";

const clock = fastClock(50);
const toClose: AsyncDisposable[] = [];

/** Closes it after the test. */
export const opened = <T extends AsyncDisposable>(one: T): T => {
  toClose.push(one);
  return one;
};

/** For each file that opens something here: it is closed after each test. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const one of toClose.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });
}

/** The server's side, on a backend that the test looks into. */
export async function serve(backend: FakeBackend, options: { encryption?: ServerEncryption; log?: Events } = {}) {
  const { encryption, log = new Events() } = options;
  const link = await startServerLink({
    endpoint: "tcp://127.0.0.1:*",
    ...(encryption ? { encryption } : {}),
    version: "1.0",
    backend,
    log: log.log,
    clock,
  });
  return Object.assign(opened(link), { log });
}

/** The worker's side, on a book that the test writes. */
export function work(server: string, name: string, options: { book?: FakeBook; encryption?: WorkerEncryption } = {}) {
  const { book = new FakeBook(), encryption } = options;
  const log = new Events();
  const link = openWorkerLink({
    server,
    name,
    version: "1.0",
    ...(encryption ? { encryption } : {}),
    book,
    log: log.log,
    clock,
    random: () => 0,
  });
  return Object.assign(opened(link), { book, log });
}

/** A worker that says what the test wants, over the real socket. */
export async function rogue(server: string, name: string): Promise<{ socket: WorkerSocket; events: Events }> {
  const events = new Events();
  const socket = opened(
    openWorkerSocket({
      server,
      name,
      version: "1.0",
      log: events.log,
      clock,
      handlers: {
        jobs: () => [],
        up: () => events.add("up"),
        down: (why) => events.add(`down ${why}`),
        message: (message) => events.add(JSON.stringify(message)),
        revoked: () => events.add("revoked"),
      },
    }),
  );
  await events.seen("up");
  return { socket, events };
}

/** Lines of a log. */
export const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `- line ${from + at}`);

/** One more job from START to the end: what "goes on" means. */
export async function oneJob(job: number, backend: FakeBackend, book: FakeBook, poke: () => void) {
  backend.schedule(job, "w1");
  poke();
  await book.events.seen(`start ${job}`);
  book.write(job, ...numbered(20));
  book.finish(job);
  await book.events.seen(`forget ${job}`);
  expect(backend.jobs.get(job)).toMatchObject({ state: "Finished", finished: 1, lines: numbered(20) });
}

/** A worker `w1` that began job 7. */
export async function jobStarted(backend: FakeBackend, endpoint: string, poke: () => void) {
  const worker = work(endpoint, "w1");
  await backend.events.seen("hello w1");
  backend.schedule(7, "w1");
  poke();
  await backend.events.seen("started 7");
  return worker;
}
