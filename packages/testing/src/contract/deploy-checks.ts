import { DownloaderToken, FileStoreToken, type Plugin } from "@basalt/core";
import { FakeDownloader } from "../fakes/fake-downloader.js";
import { FakeFiles } from "../fakes/fake-files.js";
import type { ContractCheck } from "./contract-check.js";
import type { BlockSetting, ContractScene } from "./scene.js";
import { type ContractScenes, type SceneWords, sceneChecks } from "./scene-checks.js";

export interface DeployContract extends BlockSetting {
  /** What the block downloads: content by address. The first address is in turn missing, silent, and silent once. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What is there beside the files: boards, tools. Called for each run. */
  scene?(files: FakeFiles): ContractScene;
  /** What is beside the files where they are all there, and it is that which falls silent, hangs once, hangs up or refuses. */
  readonly beside?: Partial<Record<"silent" | "hangsOnce" | "drops" | "refuses", (files: FakeFiles) => ContractScene>>;
  /** Scenes in place of those made from `files`, or why there is none. Needed where nothing is downloaded; see toolScenes. */
  readonly scenes?: Partial<ContractScenes>;
}

const words: SceneWords = {
  works: "what works is deployed, and nothing is left outside of the job's folder",
  missing: "a file that is not there is the job's fault, told before the board is touched",
  refuses: "a tool that fails is told in its own words",
  silent: "a server or tool that never answers runs into the time limit of a named action",
  hangsOnce: "what hangs once is done the second time",
  drops: "a console that closes is the lab's fault",
  canceled: "a canceled job ends at once, and cleans up",
};

/** Scenes of a web server. */
function serverScenes({ files = {}, scene, beside = {} }: DeployContract): ContractScenes {
  interface Making {
    readonly change?: (downloader: FakeDownloader) => unknown;
    readonly without?: string;
    readonly around?: DeployContract["scene"];
  }
  const make =
    ({ change, without, around = scene }: Making) =>
    (): ContractScene => {
      const store = new FakeFiles();
      const downloader = new FakeDownloader(store);
      for (const [url, content] of Object.entries(files)) if (url !== without) downloader.serve(url, content);
      change?.(downloader);
      const made = around?.(store) ?? {};
      return {
        attempts: () => downloader.requests.filter((request) => "to" in request && request.url === first).length,
        ...made,
        services: [[FileStoreToken, store], [DownloaderToken, downloader], ...(made.services ?? [])],
      };
    };
  const [first] = Object.keys(files);
  const server = (change: Making): (() => ContractScene) | string =>
    first === undefined ? "it downloads nothing" : make(change);
  const { silent, hangsOnce, drops, refuses } = beside;
  return {
    works: make({}),
    ...(first === undefined ? {} : { missing: make({ without: first }) }),
    silent: silent ? make({ around: silent }) : server({ change: (downloader) => downloader.stall(first ?? "") }),
    hangsOnce: hangsOnce
      ? make({ around: hangsOnce })
      : server({ change: (downloader) => downloader.stall(first ?? "", 1) }),
    ...(drops ? { drops: make({ around: drops }) } : {}),
    ...(refuses ? { refuses: make({ around: refuses }) } : {}),
  };
}

/** The checks of a deploy method. */
export function deployChecks(plugin: Plugin, contract: DeployContract): readonly ContractCheck[] {
  const { files: _files, scene: _scene, beside: _beside, scenes, ...setting } = contract;
  return sceneChecks(plugin, {
    section: "deploy",
    setting,
    scenes: { ...serverScenes(contract), ...scenes },
    words,
  });
}
