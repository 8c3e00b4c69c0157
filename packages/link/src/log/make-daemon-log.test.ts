import { describe, expect, it } from "vitest";
import { makeDaemonLog } from "./make-daemon-log.js";

const clock = { now: () => Date.UTC(2026, 3, 26, 9, 8, 58, 411) };

function capture(options: Parameters<typeof makeDaemonLog>[1]) {
  const lines: string[] = [];
  return { lines, log: makeDaemonLog({ write: (text) => lines.push(text) }, { clock, ...options }) };
}

describe("makeDaemonLog", () => {
  it("writes text lines as the documents show them", () => {
    const { lines, log } = capture({ level: "debug" });
    log.debug("Opening master certificate: /keys/server.key_secret");
    log.info("job started", { job: 7, worker: "rack 1", gone: undefined });
    expect(lines).toEqual([
      "2026-04-26 09:08:58,411 DEBUG Opening master certificate: /keys/server.key_secret\n",
      '2026-04-26 09:08:58,411 INFO job started job=7 worker="rack 1"\n',
    ]);
  });

  it("writes JSON lines whose own fields cannot be overwritten", () => {
    const { lines, log } = capture({ format: "json", name: "server" });
    log.warning("dropped", { level: "fake", reason: "no\nname" });
    expect(JSON.parse(lines[0] as string)).toEqual({
      time: "2026-04-26T09:08:58.411Z",
      level: "warning",
      name: "server",
      message: "dropped",
      reason: "no\nname",
    });
    expect(lines[0]?.indexOf("\n")).toBe((lines[0]?.length ?? 0) - 1);
  });

  it("leaves out lines below its level", () => {
    const { lines, log } = capture({ level: "warning" });
    log.info("a");
    log.error("b");
    expect(lines).toHaveLength(1);
  });

  it("never prints a secret, nor lets a peer forge a line", () => {
    const { lines, log } = capture({});
    log.info("x\n2026 INFO forged \u001b[31m", {
      apiToken: "s3cret",
      deep: { password: ["s3cret"] },
      "secret-key": "s3cret",
    });
    expect(lines.join("")).not.toContain("s3cret");
    expect(lines[0]).toBe(
      '2026-04-26 09:08:58,411 INFO x\\n2026 INFO forged \\u001b[31m apiToken=(hidden) deep={"password":"(hidden)"} secret-key=(hidden)\n',
    );
  });
});
