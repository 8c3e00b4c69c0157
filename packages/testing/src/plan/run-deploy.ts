import { ArchiverToken, DownloaderToken, FileStoreToken, ProcessRunnerToken, TftpServerToken } from "@basalt/core";
import { type BootedScripted, type BootScripted, bootScripted } from "../board/boot-scripted.js";
import { ScriptedBoard } from "../board/scripted-board.js";
import { FakeArchiver } from "../fakes/fake-archiver.js";
import { FakeDownloader } from "../fakes/fake-downloader.js";
import { FakeFiles } from "../fakes/fake-files.js";
import { FakeProcessRunner } from "../fakes/fake-process-runner.js";

export interface RunDeploy extends Omit<BootScripted, "section"> {
  /** What is served: content by address. All else is not there. */
  readonly serves?: Readonly<Record<string, string>>;
  readonly files?: FakeFiles;
  /** Tools of this machine; it has none if absent. */
  readonly runner?: FakeProcessRunner;
}

/** What came of it, and what it was done with. */
export interface RanDeploy extends BootedScripted {
  readonly board: ScriptedBoard;
  readonly files: FakeFiles;
  readonly runner: FakeProcessRunner;
  readonly archiver: FakeArchiver;
}

/** Runs a deploy block with a web server, files, tools, an archiver and a TFTP server at /srv/tftp, all of them fakes. */
export async function runDeploy(options: RunDeploy): Promise<RanDeploy> {
  const { serves = {}, files = new FakeFiles(), runner = new FakeProcessRunner(), services = [], ...more } = options;
  const [board, archiver, downloader] = [new ScriptedBoard([]), new FakeArchiver(files), new FakeDownloader(files)];
  for (const [url, content] of Object.entries(serves)) downloader.serve(url, content);
  const ran = await bootScripted(board, {
    ...more,
    section: "deploy",
    services: [
      [FileStoreToken, files],
      [DownloaderToken, downloader],
      [ProcessRunnerToken, runner],
      [ArchiverToken, archiver],
      [TftpServerToken, { root: async () => "/srv/tftp", sizeLimitBytes: 2 ** 32 }],
      ...services,
    ],
  });
  return { ...ran, board, files, runner, archiver };
}
