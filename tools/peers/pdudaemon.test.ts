import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { toDevice } from "@basalt/core";
import { pdudaemon } from "@basalt/power-pdudaemon";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, listens, options, PeerBench, peer, until } from "./peer.js";

const program = peer("pdudaemon", "pdudaemon");

describe.skipIf(!program)("pdudaemon with its localcmdline driver", () => {
  const bench = new PeerBench();
  const log = bench.path("switched");
  let port = 0;

  beforeAll(async () => {
    port = await freePort();
    const pdu = { driver: "localcmdline", cmd_on: `echo 'on %s' >> ${log}`, cmd_off: `echo 'off %s' >> ${log}` };
    const config = {
      daemon: { hostname: "127.0.0.1", port, logging_level: "INFO", listener: "http" },
      pdus: { "pdu-1": pdu },
    };
    writeFileSync(bench.path("pdudaemon.conf"), JSON.stringify(config));
    bench.start([program as string, "--conf", bench.path("pdudaemon.conf"), "--logfile", bench.path("log")]);
    await until(() => listens(port));
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const power = async (config: object) =>
    pdudaemon.create({
      device: toDevice({}),
      config: { url: `http://127.0.0.1:${port}`, off_seconds: 0, ...config },
      resolve: await bench.services(),
    });
  const lines = (): readonly string[] => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []);

  test("on, off and reset reach the outlet", async () => {
    const outlet = await power({ hostname: "pdu-1", port: 4 });
    await outlet.on(options);
    await outlet.off(options);
    await until(() => lines().length === 2);
    await outlet.reset(options);
    await until(() => lines().length === 4);
    expect(lines()).toEqual(["on 4", "off 4", "off 4", "on 4"]);
  });

  test("a PDU that it does not know is refused with its own words", async () => {
    const outlet = await power({ hostname: "pdu-9", port: 4 });
    await expect(outlet.on(options)).rejects.toMatchObject({ kind: "infrastructure", code: "ERR_POWER_REFUSED" });
  });
});
