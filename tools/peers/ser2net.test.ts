import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { telnet } from "@basalt/connection-telnet";
import { Console, toDevice } from "@basalt/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, listens, options, PeerBench, peer, until } from "./peer.js";

const program = peer("ser2net", "ser2net");
const socat = peer("socat", "socat");
const { signal } = options;

const accepters = { raw: "tcp", telnet: "telnet,tcp", rfc2217: "telnet(rfc2217),tcp" } as const;
type Protocol = keyof typeof accepters;
const protocols = Object.keys(accepters) as readonly Protocol[];

describe.skipIf(!program || !socat)("ser2net over a virtual serial line", () => {
  const bench = new PeerBench();
  const tty = (protocol: Protocol): string => bench.path(`tty-${protocol}`);
  const ports = {} as Record<Protocol, number>;
  const boards = {} as Record<Protocol, ReturnType<PeerBench["start"]>>;

  beforeAll(async () => {
    // what is written to the board's input comes out of the tty, and what is typed there is what it "said"
    for (const protocol of protocols) {
      boards[protocol] = bench.start([socat as string, `PTY,link=${tty(protocol)},rawer`, "STDIO"]);
      await until(() => existsSync(tty(protocol)));
      ports[protocol] = await freePort();
    }
    const connections = protocols.map(
      (name) => `connection: &${name}
  accepter: ${accepters[name]},127.0.0.1,${ports[name]}
  connector: serialdev,${tty(name)},9600n81,local
  options: {kickolduser: false}
`,
    );
    writeFileSync(bench.path("ser2net.yaml"), `%YAML 1.1\n---\n${connections.join("")}`);
    bench.start([program as string, "-n", "-c", bench.path("ser2net.yaml"), "-u"]);
    for (const protocol of protocols) await until(() => listens(ports[protocol]));
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const open = async (protocol: Protocol, config: object = {}) =>
    telnet.open({
      device: toDevice({}),
      connection: {
        name: "primary",
        driver: "telnet",
        tags: [],
        config: { host: "127.0.0.1", port: ports[protocol], protocol, ...config },
      },
      resolve: await bench.services(),
      signal,
    });

  test.each(protocols)("%s: bytes as they are, both ways", async (protocol) => {
    await using console = new Console(await open(protocol));
    const board = boards[protocol];
    const typed = `${protocol} setenv bootargs 'x=\xff'\r`;
    const before = board.said().length;
    await console.send(typed);
    await until(() => board.said().slice(before).includes("setenv bootargs"));
    board.child.stdin?.write(`=> U-Boot hears ${protocol}\r\n`);
    expect((await console.expect([`U-Boot hears ${protocol}\r\n`], { signal })).before).toContain("=> ");
  });

  test("rfc2217 sets the line's speed", async () => {
    await using console = new Console(await open("rfc2217", { baud: 57_600 }));
    const { stdout } = spawnSync("stty", ["-F", tty("rfc2217"), "speed"], { encoding: "utf8" });
    expect(stdout.trim()).toBe("57600");
    expect(console.closed).toBe(false);
  });

  test.each(protocols)(
    "%s: a console in use is named as such, before anything is done to the board",
    async (protocol) => {
      await using _first = new Console(await open(protocol));
      await expect(open(protocol)).rejects.toMatchObject({
        kind: "infrastructure",
        code: "ERR_CONNECTION_BUSY",
        message: expect.stringContaining("already in use"),
      });
    },
  );
});
