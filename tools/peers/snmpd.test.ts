import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { toDevice } from "@basalt/core";
import { snmp } from "@basalt/power-snmp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, options, PeerBench, peer, until } from "./peer.js";

const program = peer("snmpd", "snmpd");

/** sPDUOutletCtl of an APC MasterSwitch: 1 on, 2 off. */
const table = ".1.3.6.1.4.1.318.1.1.4.4.2.1.3";

/** A `pass` script of snmpd.conf(5): an outlet is a file; outlet 9 takes every command and stays as it is. */
const script = (folder: string) => `#!/bin/sh
outlet=\${2##*.}
case $1 in
-g) [ -f "${folder}/outlet$outlet" ] || exit 0
    printf '%s\\ninteger\\n%s\\n' "$2" "$(cat "${folder}/outlet$outlet")" ;;
-s) [ "$outlet" = 9 ] || echo "$4" > "${folder}/outlet$outlet" ;;
esac
`;

describe.skipIf(!program)("snmpd with an APC table", () => {
  const bench = new PeerBench();
  let port = 0;

  beforeAll(async () => {
    port = await freePort();
    writeFileSync(bench.path("outlet3"), "2\n");
    writeFileSync(bench.path("outlet9"), "2\n");
    writeFileSync(bench.path("apc"), script(bench.folder));
    chmodSync(bench.path("apc"), 0o755);
    writeFileSync(
      bench.path("snmpd.conf"),
      `agentAddress udp:127.0.0.1:${port}\nrwcommunity private 127.0.0.1\nrocommunity public 127.0.0.1\npass ${table} ${bench.path("apc")}\n`,
    );
    const { said } = bench.start([program as string, "-f", "-Lo", "-C", "-c", bench.path("snmpd.conf")], {
      SNMP_PERSISTENT_DIR: bench.path("persistent"),
    });
    await until(() => said().includes("NET-SNMP version"));
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const power = async (config: object) =>
    snmp.create({
      device: toDevice({}),
      config: { host: "127.0.0.1", port, off_seconds: 0, ...config },
      resolve: await bench.services(),
    });
  const value = (): string => readFileSync(bench.path("outlet3"), "utf8").trim();

  test("on, off, reset, and the state read back", async () => {
    const outlet = await power({ outlet: 3 });
    await outlet.on(options);
    expect(value()).toBe("1");
    expect(await outlet.state?.(options)).toBe("on");
    await outlet.off(options);
    expect(value()).toBe("2");
    expect(await outlet.state?.(options)).toBe("off");
    await outlet.reset(options);
    expect(value()).toBe("1");
  });

  test("an outlet that says yes and does nothing", async () => {
    const outlet = await power({ outlet: 9 });
    await expect(outlet.on(options)).rejects.toMatchObject({ kind: "infrastructure", code: "ERR_POWER_STATE" });
  });

  test("a community that may not write is refused", async () => {
    const outlet = await power({ outlet: 3, community: "public" });
    await expect(outlet.off(options)).rejects.toMatchObject({ kind: "infrastructure" });
    expect(value()).toBe("1");
  });
});
