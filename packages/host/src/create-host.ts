import { lstat, mkdir, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AccelerationToken,
  type AnyToken,
  ArchiverToken,
  asText,
  type Clock,
  ClockToken,
  DispatcherToken,
  DownloaderToken,
  FileServerToken,
  FileStoreToken,
  infrastructureError,
  type JsonObject,
  ProcessRunnerToken,
  PtySpawnerToken,
  systemClock,
  type TftpServer,
  TftpServerToken,
} from "@basalt/core";
import { deviceEnvironment } from "./dispatcher/environment.js";
import { workerAddress } from "./dispatcher/worker-address.js";
import { defaultCacheFolder, downloader } from "./download/downloader.js";
import { readHttpCache } from "./download/http-cache.js";
import { createFileServer } from "./file-server.js";
import { archiver } from "./files/archiver.js";
import { fileStore } from "./files/file-store.js";
import { makeJobFolder } from "./files/job-folder.js";
import { acceleration } from "./kvm/acceleration.js";
import { processRunner } from "./process/process-runner.js";
import { ptySpawner } from "./pty/pty-spawner.js";
import { tftpServer } from "./tftp-server.js";

export interface HostOptions {
  readonly jobId: string;
  readonly clock?: Clock;
  /** dispatcher.yaml, as read: dispatcher_ip, dispatcher_download_dir, tftp_root, tftp_size_limit, prefix, http_url_format_string and its rules. */
  readonly config?: JsonObject;
  /** env-dut.yaml, as read. */
  readonly deviceEnvironment?: JsonObject;
  /** Shared by all jobs of this machine; `~/.cache/basalt` if absent. */
  readonly cacheFolder?: string;
  /** Bytes of downloads kept at most; 20 GiB if absent. */
  readonly cacheLimitBytes?: number;
}

/** The machine that runs a job, as the services behind core's tokens. Disposing removes the job's folder. */
export interface Host extends AsyncDisposable {
  readonly services: readonly (readonly [AnyToken, unknown])[];
  /** The job's folder. */
  readonly folder: string;
}

/** `<tmp>/basalt-<uid>`, made for this user alone to write to: its name is known to everybody who can write to /tmp. */
async function defaultBase(): Promise<string> {
  // not os.userInfo(): it fails where no passwd entry is, as in containers run under any uid
  const uid = process.getuid?.() ?? -1;
  const base = join(tmpdir(), `basalt-${uid}`);
  await mkdir(base, { recursive: true, mode: 0o755 });
  const facts = await lstat(base);
  if (facts.isDirectory() && (uid < 0 || facts.uid === uid)) return base;
  throw infrastructureError(
    "ERR_JOB_FOLDER_FOREIGN",
    `cannot keep job folders in ${base}: it belongs to another user; set dispatcher_download_dir to a folder of your own`,
    { details: { path: base } },
  );
}

/** `tftp_root` and `tftp_size_limit` (bytes) of dispatcher.yaml. */
function configuredTftpServer(config: JsonObject): TftpServer {
  const root = asText(config.tftp_root);
  const limit = Number(config.tftp_size_limit);
  return tftpServer({ ...(root ? { root } : {}), ...(limit > 0 ? { sizeLimitBytes: limit } : {}) });
}

/** Opens the services of this machine for one job. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { jobId, clock = systemClock, config = {}, cacheFolder = defaultCacheFolder(), cacheLimitBytes } = options;
  const prefix = asText(config.prefix) ?? "";
  const ownBase = asText(config.dispatcher_download_dir);
  const base = ownBase ?? (await defaultBase());
  const folder = await makeJobFolder({ base, prefix, jobId });
  const runner = processRunner({ clock });
  const httpCache = readHttpCache(config);
  const ip = asText(config.dispatcher_ip) ?? (await workerAddress());
  const fileServer = createFileServer({
    advertisedHost: asText(config.dispatcher_http_ip) ?? asText(config.dispatcher_ip),
  });
  const services: readonly (readonly [AnyToken, unknown])[] = [
    [ClockToken, clock],
    [ProcessRunnerToken, runner],
    [PtySpawnerToken, ptySpawner({ clock })],
    [FileStoreToken, fileStore(folder.path, { runner })],
    [ArchiverToken, archiver({ clock })],
    [
      DownloaderToken,
      downloader({
        runner,
        clock,
        cacheFolder,
        ...(cacheLimitBytes === undefined ? {} : { cacheLimitBytes }),
        httpCache,
      }),
    ],
    [FileServerToken, fileServer],
    [TftpServerToken, configuredTftpServer(config)],
    [AccelerationToken, acceleration({ runner, clock, cacheFolder })],
    [
      DispatcherToken,
      {
        ip,
        prefix,
        environmentForDevice: deviceEnvironment(options.deviceEnvironment ?? {}),
        config,
      },
    ],
  ];
  return {
    services,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await fileServer[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
      // ours, and gone with its last job; another job's folder in it keeps it
      if (ownBase === undefined) await rmdir(base).catch(() => {});
    },
  };
}
