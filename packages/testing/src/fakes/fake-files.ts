import { type FileStore, infrastructureError } from "@basalt/core";

interface FakeFile {
  readonly data: Uint8Array;
  readonly mode: number;
}

const encoder = new TextEncoder();

/** Files in memory. */
export class FakeFiles implements FileStore {
  readonly root: string;
  /** Content and mode by absolute path. */
  readonly files = new Map<string, FakeFile>();
  readonly folders = new Set<string>();
  /** Targets by the path of the link. */
  readonly links = new Map<string, string>();
  #made = 0;

  constructor(root = "/jobs/1") {
    this.root = root;
    this.folders.add(root);
  }

  async makeFolder(name: string): Promise<string> {
    const path = `${this.root}/${name}-${String(++this.#made).padStart(6, "0")}`;
    this.folders.add(path);
    return path;
  }

  async write(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
    this.files.set(path, { data: typeof data === "string" ? encoder.encode(data) : data, mode });
  }

  async readText(path: string): Promise<string> {
    return new TextDecoder().decode(this.#get(path).data);
  }

  async blob(path: string): Promise<Blob> {
    return new Blob([this.#get(path).data.slice()]);
  }

  async exists(path: string): Promise<boolean> {
    return this.files.has(path) || this.links.has(path) || this.#isFolder(path);
  }

  async size(path: string): Promise<number> {
    return this.#get(path).data.byteLength;
  }

  async copy(from: string, to: string): Promise<void> {
    this.files.set(to, this.#get(from));
  }

  async copyTree(from: string, to: string): Promise<void> {
    for (const [path, file] of [...this.files])
      if (path.startsWith(`${from}/`)) this.files.set(`${to}${path.slice(from.length)}`, file);
  }

  async list(folder: string): Promise<readonly string[]> {
    const below = [...this.files.keys(), ...this.folders, ...this.links.keys()]
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split("/")[0] ?? "");
    return [...new Set(below)].sort();
  }

  async makeLink(target: string, path: string): Promise<void> {
    this.links.set(path, target);
  }

  async remove(path: string): Promise<void> {
    const gone = (at: string): boolean => at === path || at.startsWith(`${path}/`);
    for (const held of [this.files, this.folders, this.links])
      for (const at of held.keys()) if (gone(at)) held.delete(at);
  }

  #isFolder(path: string): boolean {
    return this.folders.has(path) || [...this.files.keys()].some((file) => file.startsWith(`${path}/`));
  }

  #get(path: string): FakeFile {
    const file = this.files.get(this.links.get(path) ?? path);
    if (!file) throw infrastructureError("ERR_FILE_UNREADABLE", `can't read ${path}: no such file`);
    return file;
  }
}
