import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tftpServer } from "./tftp-server.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tftp-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("the folder that was named, else tftpd-hpa's", async () => {
  const defaultsFile = join(folder, "tftpd-hpa");
  await writeFile(defaultsFile, `# defaults\nTFTP_USERNAME="tftp"\nTFTP_DIRECTORY="${folder}"\n`);
  expect(await tftpServer({ root: folder }).root()).toBe(folder);
  expect(await tftpServer({ defaultsFile }).root()).toBe(folder);
});

test("a worker without one is told what to do", async () => {
  await expect(tftpServer({ defaultsFile: join(folder, "none") }).root()).rejects.toMatchObject({
    kind: "configuration",
    code: "ERR_TFTP_FOLDER",
    message: expect.stringContaining("tftpd-hpa"),
  });
  await expect(tftpServer({ root: join(folder, "none") }).root()).rejects.toMatchObject({
    message: expect.stringMatching(/none does not exist/),
  });
});
