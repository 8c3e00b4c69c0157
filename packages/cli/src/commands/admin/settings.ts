import { configurationError } from "@basalt/core";
import type { Io } from "../../io.js";
import { readServerSettings, type ServerSettings } from "../../settings/server-settings.js";

/** Options that every `basalt admin` command knows. */
export interface AdminArguments {
  readonly stateFolder?: string;
  readonly databaseUrl?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

const hasPassword = (url: string): boolean => /^\w+:\/\/[^/@]*:[^/@]+@|[?&]password=/.test(url);

/** The server's own settings, as `basalt server` reads them. @throws ERR_CONFIG_*; ERR_USAGE for a password on the command line */
export async function adminSettings(args: AdminArguments, io: Io): Promise<ServerSettings> {
  const { stateFolder, config, databaseUrl } = args;
  if (databaseUrl !== undefined && hasPassword(databaseUrl))
    throw configurationError(
      "ERR_USAGE",
      "--database-url has a password, which every user of this machine could read in the list of processes: put the address into the environment variable DATABASE_URL, or database-url of the file of --config",
    );
  return readServerSettings({
    cwd: io.cwd,
    env: io.env,
    args: {
      plugin: [],
      ...(stateFolder === undefined ? {} : { stateFolder }),
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      ...(config === undefined ? {} : { config }),
    },
  });
}
