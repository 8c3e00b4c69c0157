import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

/** What `basalt admin --config` is to know of a lab's server. Without secrets. */
export interface LabServerFacts {
  /** Of the pages: `http://127.0.0.1:8000`. */
  readonly url: string;
  /** For workers: `tcp://127.0.0.1:40123`. */
  readonly endpoint: string;
}

const fileOf = (stateFolder: string): string => join(stateFolder, "server.yaml");

/** Writes the lab's server down as `basalt server` would be told: `basalt admin` then knows its ports, and that it has keys. @returns the file */
export async function writeLabSettings(stateFolder: string, { url, endpoint }: LabServerFacts): Promise<string> {
  const file = fileOf(stateFolder);
  const settings = { "state-folder": "server", port: Number(new URL(url).port), workers: endpoint, encrypt: true };
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  await writeFile(file, `# made by basalt lab at each start, for: basalt admin --config\n${lines.join("")}`);
  return file;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** Where workers of a lab dial in: at the port of last time, so that those that were added find it again; at a free one where that is taken. */
export async function labEndpoint(stateFolder: string): Promise<string> {
  const text = await readFile(fileOf(stateFolder), "utf8").catch(() => "");
  const port = Number(/^workers: "tcp:\/\/127\.0\.0\.1:(\d{1,5})"$/m.exec(text)?.[1] ?? 0);
  return `tcp://127.0.0.1:${port > 0 && (await isFree(port)) ? port : "*"}`;
}
