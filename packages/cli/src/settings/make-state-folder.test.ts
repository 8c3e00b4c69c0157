import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Io } from "../io.js";
import { main } from "../main.js";

const dir = mkdtempSync(join(tmpdir(), "basalt-state-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

// below /proc nothing can be made, and Node's own recursive mkdir tries for ever
test.each([["server"], ["lab"], ["worker", "--server", "tcp://127.0.0.1:1"]])(
  "basalt %s refuses a state folder that can't be made",
  async (...command) => {
    let said = "";
    const io: Io = {
      stdout: { write: () => {} },
      stderr: { write: (text) => (said += text) },
      env: {},
      cwd: dir,
      onSignal: () => () => {},
      onFatal: () => () => {},
      kill() {},
    };
    expect(await main([...command, "--state-folder", "/proc/basalt/state"], io)).toBe(2);
    expect(said).toMatch(/the state folder \/proc\/basalt\/state can't be made: .*choose one.*ERR_STATE_FOLDER/);
  },
);
