import { DownloaderToken, FileStoreToken, retry, toDevice } from "@basalt/core";
import { FakeDownloader, FakeFiles, runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import { downloadedSlot } from "../slots.js";
import {
  decompressedOnTheWay,
  downloadActionName,
  fileName,
  readDownload,
  shownUrl,
  substituteStaticInfo,
} from "./download-spec.js";
import { fetchAction } from "./fetch-action.js";

test.each([
  ["rootfs", { url: "http://x/a/disk.img.gz", compression: "gz" }, "disk.img", "gz"],
  ["rootfs", { url: "http://x/disk.img.xz?token=1#top", compression: "xz" }, "disk.img", "xz"],
  ["ramdisk", { url: "http://x/initrd.cpio.gz", compression: "gz" }, "initrd.cpio.gz", undefined],
  ["rootfs", { url: "http://x/disk.zip", compression: "zip" }, "disk.zip", undefined],
  ["kernel", { url: "file:///srv/zImage" }, "zImage", undefined],
  ["kernel", { url: "http://x/" }, "x", undefined],
])("%s %j is stored as %s", (key, value, name, compression) => {
  const spec = readDownload(key, value);
  expect(fileName(spec)).toBe(name);
  expect(decompressedOnTheWay(spec)).toBe(compression);
});

test("the scheme names the action", () => {
  expect(
    ["http://x", "https://x", "file:///x", "scp://x", "rclone://x", "downloads://x"].map(downloadActionName),
  ).toEqual(["http-download", "http-download", "file-download", "scp-download", "rclone-download", "pre-downloaded"]);
});

test("static_info of the device is put into addresses, and nothing else", () => {
  const device = toDevice({ static_info: [{ board_id: "007" }] });
  expect(substituteStaticInfo("http://x/{board_id}/{other}", device)).toBe("http://x/007/{other}");
});

const target = { folder: "1-deployimages" };

test("a download tells where the file is, and its results say what it was", async () => {
  const files = new FakeFiles();
  const downloader = new FakeDownloader(files).serve("http://x/007/kernel", "content");
  const action = fetchAction(readDownload("kernel", { url: "http://x/{board_id}/kernel" }), target);
  const ran = await runPlan(retry("download-retry", action), {
    section: "deploy",
    device: { hostname: "a", static_info: [{ board_id: "007" }] },
    services: [
      [DownloaderToken, downloader],
      [FileStoreToken, files],
    ],
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  const path = `${files.root}/1-deployimages/kernel/kernel`;
  expect(ran.slot(downloadedSlot("kernel"))).toMatchObject({ path, url: "http://x/007/kernel" });
  expect(await files.readText(path)).toBe("content");
  expect(ran.results).toContainEqual(
    expect.objectContaining({
      case: "http-download",
      result: "pass",
      extra: expect.objectContaining({ url: "http://x/007/kernel", size: 7 }),
    }),
  );
});

test("an address that does not answer is found before anything runs", async () => {
  const files = new FakeFiles();
  const ran = await runPlan(fetchAction(readDownload("kernel", { url: "http://x/none" }), target), {
    section: "deploy",
    services: [
      [DownloaderToken, new FakeDownloader(files)],
      [FileStoreToken, files],
    ],
  });
  expect(ran.outcome).toMatchObject({
    result: "fail",
    error: { kind: "job", message: expect.stringContaining("http://x/none") },
  });
  expect(ran.results).toContainEqual(expect.objectContaining({ case: "validate", result: "fail" }));
});

test("downloads:// takes what an earlier block fetched, and can't leave its folder", async () => {
  const files = new FakeFiles();
  await files.write(`${files.root}/downloads/common/image.bin`, "kept");
  const take = (url: string) =>
    runPlan(fetchAction(readDownload("image", { url }), target), {
      section: "deploy",
      services: [[FileStoreToken, files]],
    });
  const ran = await take("downloads://image.bin");
  expect(await files.readText(ran.slot(downloadedSlot("image"))?.path ?? "")).toBe("kept");
  const out = await take("downloads://../../../etc/passwd");
  expect(out.outcome).toMatchObject({ error: { kind: "job", code: "ERR_DOWNLOAD_NOT_FOUND" } });
});

// all but passwords as Python 3.11's urlparse(url).geturl() gives them
test.each([
  ["downloads:///a/b", "downloads:/a/b"],
  ["downloads://a/b", "downloads://a/b"],
  ["rclone:///r/x", "rclone:/r/x"],
  ["file:///x", "file:///x"],
  ["HTTP://X/a?", "http://X/a"],
  ["http://x/a?b#", "http://x/a?b"],
  ["http://x/a?b?", "http://x/a?b?"],
  ["scp://u@h/p", "scp://u@h/p"],
  ["https://u:s3cret@h/p", "https://u:***@h/p"],
  ["https://t0ken@h/p", "https://***@h/p"],
  ["{url}/x", "{url}/x"],
])("the plan shows %s as %s", (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});
