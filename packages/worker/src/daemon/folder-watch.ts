import { type FSWatcher, watch } from "node:fs";

/** Tells of files of a folder that changed, as far as the system does: where it can't, whoever asks has to look now and then. */
export interface FolderWatch extends Disposable {
  /** Why the system does not tell; undefined where it does. */
  readonly failure: Error | undefined;
}

export function watchFolder(folder: string, changed: (name: string) => void): FolderWatch {
  let watcher: FSWatcher | undefined;
  let failure: Error | undefined;
  try {
    // one inotify watch; the kernel's number of them per user is limited (fs.inotify.max_user_watches)
    watcher = watch(folder, { persistent: false }, (_event, name) => changed(name ?? ""));
    watcher.on("error", () => watcher?.close());
  } catch (error) {
    failure = error as Error;
  }
  return {
    failure,
    [Symbol.dispose]: () => watcher?.close(),
  };
}
