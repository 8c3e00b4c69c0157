import {
  type Clock,
  ClockToken,
  type ConnectionTransport,
  type PtyProcess,
  type PtySpawner,
  PtySpawnerToken,
  systemClock,
  toDevice,
} from "@basalt/core";
import { fastClock, pluginContract, resolveOf } from "@basalt/testing";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { connectError, withoutSecrets } from "./connect-errors.js";
import plugin, { commandConnection } from "./index.js";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A program in a terminal, played by the test. */
class FakeProgram {
  readonly typed: string[] = [];
  argv: readonly string[] = [];
  started = false;
  killed = false;
  say!: (text: string) => void;
  end!: (code: number) => void;
  /** Hears what is typed. */
  onTyped = (_text: string): void => {};

  readonly spawner: PtySpawner = {
    spawn: async (argv): Promise<PtyProcess> => {
      this.argv = argv;
      this.started = true;
      let finish: (how: { code: number | undefined }) => void = () => {};
      const exited = new Promise<{ code: number | undefined }>((resolve) => {
        finish = resolve;
      });
      const readable = new ReadableStream<Uint8Array>(
        {
          start: (controller) => {
            this.say = (text) => controller.enqueue(encode(text));
            this.end = (code) => {
              controller.close();
              finish({ code });
            };
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: 1 << 20 }),
      );
      const writable = new WritableStream<Uint8Array>({
        write: (chunk) => {
          const text = new TextDecoder().decode(chunk);
          this.typed.push(text);
          this.onTyped(text);
        },
      });
      queueMicrotask(() => this.play(this));
      return {
        pid: 1,
        exited,
        readable,
        writable,
        [Symbol.asyncDispose]: async () => {
          this.killed = true;
          finish({ code: undefined });
        },
      };
    },
  };
  constructor(readonly play: (program: FakeProgram) => void) {}
}

interface Opening {
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

function open(
  program: FakeProgram,
  tags: readonly string[] = ["primary"],
  connect = "telnet ser2net1 7101",
  { clock = fastClock(10), signal = new AbortController().signal }: Opening = {},
): Promise<ConnectionTransport> {
  const device = toDevice({
    hostname: "lab-bbb-1",
    commands: { connections: { uart0: { connect, tags: [...tags] } } },
  });
  const resolve = resolveOf([ClockToken, clock], [PtySpawnerToken, program.spawner]);
  const [connection] = device.connections;
  return commandConnection.open({ device, connection: connection!, resolve, signal });
}

async function read(transport: ConnectionTransport): Promise<string> {
  const reader = transport.readable.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return new TextDecoder().decode(value);
}

test("what the command prints is the console, from the first byte; what is typed reaches it", async () => {
  const program = new FakeProgram(({ say }) => say("Trying...\r\nEscape character is '^]'.\r\nlogin: "));
  const transport = await open(program);
  expect(program.argv).toEqual(["telnet", "ser2net1", "7101"]);
  expect(await read(transport)).toBe("Trying...\r\nEscape character is '^]'.\r\nlogin: ");
  await transport.writable.getWriter().write(encode("root\n"));
  expect(program.typed).toEqual(["root\n"]);
  await transport[Symbol.asyncDispose]();
});

test.each([
  [["primary", "telnet"], "connect", ["\x1d", "quit\r"]],
  [["primary", "ssh"], "connect", ["\r", "~."]],
  [["primary", "shell"], "telnet x", []],
  [["primary"], "/usr/bin/telnet x", ["\x1d", "quit\r"]],
  [["primary"], "connect", []],
] as const)("%j, '%s': hangs up with %j before the kill", async (tags, command, farewell) => {
  const program = new FakeProgram(({ say }) => say("Escape character is '^]'.\r\n"));
  const transport = await open(program, tags, command);
  // held by a console, as in a job
  transport.writable.getWriter();
  let killedFirst = true;
  program.onTyped = () => {
    killedFirst = program.killed;
    if (program.typed.length === 2) program.end(0);
  };
  await Promise.all([transport[Symbol.asyncDispose](), transport[Symbol.asyncDispose]()]);
  expect(program.typed).toEqual(farewell);
  expect(program.killed).toBe(true);
  if (farewell.length > 0) expect(killedFirst).toBe(false);
});

test("a program that stays after the farewell is killed", async () => {
  const program = new FakeProgram(({ say }) => say("Escape character is '^]'.\r\n"));
  const transport = await open(program, ["telnet"]);
  await transport[Symbol.asyncDispose]();
  expect(program.killed).toBe(true);
});

test("refused: names command, output and what to check", async () => {
  const program = new FakeProgram(({ say, end }) => {
    say("Trying 10.0.0.7...\r\ntelnet: Unable to connect to remote host: Connection refused\r\n");
    end(1);
  });
  const failure = open(program);
  await expect(failure).rejects.toMatchObject({ code: "ERR_CONNECTION_REFUSED", kind: "infrastructure" });
  await expect(failure).rejects.toThrow(
    /uart0 of lab-bbb-1: 'telnet ser2net1 7101' ended at once with status 1; it printed: [\s\S]*Connection refused.*Check: .*wrong host or port.*ser2net.*device node/,
  );
  expect(program.killed).toBe(true);
});

test("refused by a program that stays at its own prompt", async () => {
  const program = new FakeProgram(({ say }) =>
    say("telnet: Unable to connect to remote host: Connection refused\r\ntelnet> "),
  );
  await expect(open(program)).rejects.toMatchObject({ code: "ERR_CONNECTION_REFUSED" });
  expect(program.killed).toBe(true);
});

test("busy: told by ser2net over the connection, or by the command", async () => {
  const ser2net = new FakeProgram(({ say, end }) => {
    say("Connected to ser2net1.\r\nEscape character is '^]'.\r\nPort already in use\r\n");
    say("Connection closed by foreign host.\r\n");
    end(1);
  });
  await expect(open(ser2net)).rejects.toMatchObject({ code: "ERR_CONNECTION_BUSY", kind: "infrastructure" });
  const cu = new FakeProgram(({ say, end }) => {
    say("cu: /dev/ttyUSB0: Device or resource busy\r\n");
    end(1);
  });
  const failure = open(cu);
  await expect(failure).rejects.toMatchObject({ code: "ERR_CONNECTION_BUSY" });
  await expect(failure).rejects.toThrow(/Somebody else has this console/);
});

test("a console that talks of refusals and ports in use is none the less connected", async () => {
  const program = new FakeProgram(({ say }) =>
    say("Escape character is '^]'.\r\ncurl: (7) Connection refused\r\nbind: address already in use\r\n# "),
  );
  const transport = await open(program);
  await transport[Symbol.asyncDispose]();
});

test("a command that says nothing and ends, and one that can't be read", async () => {
  await expect(open(new FakeProgram(({ end }) => end(0)))).rejects.toThrow(
    /ended at once with status 0; it printed nothing/,
  );
  await expect(open(new FakeProgram(() => {}), [], "telnet 'x")).rejects.toMatchObject({ code: "ERR_COMMAND_SYNTAX" });
});

test("secrets of a command line are not repeated", () => {
  const connection = { name: "uart0", driver: "command", config: {}, tags: [] };
  const command = "sshpass -p hunter2 ssh me@host --password=hunter2 http://me:hunter2@host --token hunter2";
  expect(withoutSecrets(command)).toBe("sshpass -p *** ssh me@host --password=*** http://me:***@host --token ***");
  expect(connectError({ connection, hostname: "d", command, said: "", ended: "status 5" }).message).not.toContain(
    "hunter2",
  );
});

let programs: FakeProgram[] = [];
const play = (opening: Opening, script: (program: FakeProgram) => void): Promise<ConnectionTransport> => {
  programs = programs.filter(({ killed }) => !killed);
  const program = new FakeProgram(script);
  programs.push(program);
  return open(program, ["primary", "shell"], "board-console 3", opening);
};
const greeting = "Escape character is '^]'.\r\nlogin: ";

const contract = pluginContract(plugin, {
  manifest,
  connection: {
    works: (signal) =>
      play({ signal }, (program) => {
        program.say(greeting);
        program.onTyped = (text) => program.say(`you said ${text}`);
      }),
    drops: (signal) =>
      play({ signal }, (program) => {
        program.say(greeting);
        program.onTyped = () => program.end(0);
      }),
    refused: (signal) =>
      play({ signal }, ({ say, end }) => {
        say("board-console: Connection refused\r\n");
        end(1);
      }),
    busy: (signal) =>
      play({ signal }, ({ say, end }) => {
        say("board-console: port is locked by joe\r\n");
        end(1);
      }),
    silent: (signal) => play({ signal, clock: systemClock }, () => {}),
    held: () => programs.filter(({ started, killed }) => started && !killed).length,
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
