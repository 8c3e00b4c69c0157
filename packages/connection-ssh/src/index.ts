import { createHash } from "node:crypto";
import {
  asText,
  type ConnectionTransport,
  configurationError,
  defineConnectionDriver,
  definePlugin,
  type FileStore,
  FileStoreToken,
  infrastructureError,
  type JsonObject,
  pushedReadable,
} from "@basalt/core";
import { Client, type ClientChannel, type ConnectConfig } from "ssh2";
import { readKey } from "./read-key.js";

interface Target {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password?: string;
  readonly keyFile?: string;
  /** SHA-256 of the host's key, as `ssh-keygen -l` prints it. */
  readonly hostKey?: string;
  /** Run in place of a login shell. */
  readonly command?: string;
}

function readTarget(config: JsonObject): Target {
  const host = asText(config.host);
  if (host === undefined) throw configurationError("ERR_DEVICE_INVALID", "an ssh connection needs 'host'");
  const texts = {
    password: asText(config.password),
    keyFile: asText(config.identity_file),
    hostKey: asText(config.host_key),
    command: asText(config.command),
  };
  return {
    host,
    port: typeof config.port === "number" ? config.port : 22,
    username: asText(config.user) ?? "root",
    ...(Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) as Partial<
      Record<keyof typeof texts, string>
    >),
  };
}

const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;

async function connectConfig(
  { host, port, username, password, keyFile, hostKey }: Target,
  files: FileStore,
  seen: (key: string) => void,
): Promise<ConnectConfig> {
  return {
    host,
    port,
    username,
    ...(password === undefined ? {} : { password }),
    ...(keyFile === undefined ? {} : { privateKey: await readKey(files, keyFile) }),
    hostVerifier: (key: Buffer) => {
      seen(fingerprint(key));
      return hostKey === undefined || fingerprint(key) === hostKey;
    },
    keepaliveInterval: 15_000,
  };
}

function refusal(
  { host, port, username, hostKey }: Target,
  cause: Error & { level?: string },
  key: string | undefined,
): Error {
  const where = `${username}@${host} port ${port}`;
  if (hostKey !== undefined && key !== undefined && key !== hostKey)
    return infrastructureError(
      "ERR_CONNECTION_HOST_KEY",
      `${where} showed the host key ${key}, not ${hostKey} as the device's connection says: another machine, or installed anew?`,
      { cause },
    );
  const hint =
    cause.level === "client-authentication"
      ? "check user, password and identity_file"
      : "check that sshd runs there, its address and port";
  return infrastructureError("ERR_CONNECTION_REFUSED", `can't connect by ssh to ${where} (${cause.message}): ${hint}`, {
    cause,
  });
}

function openChannel(client: Client, command: string | undefined): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined, channel: ClientChannel): void => (error ? reject(error) : resolve(channel));
    const terminal = { term: "vt100", rows: 24, cols: 200 };
    if (command === undefined) client.shell(terminal, done);
    else client.exec(command, { pty: terminal }, done);
  });
}

function transportOf(client: Client, channel: ClientChannel): ConnectionTransport {
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  const incoming = pushedReadable(() => void client.end());
  const hear = (data: Buffer): void => incoming.push(data);
  channel.on("data", hear);
  channel.stderr.on("data", hear);
  channel.once("close", () => incoming.end());
  client.once("error", (error) => incoming.end(error));
  client.once("close", () => incoming.end());
  return {
    readable: incoming.readable,
    writable: new WritableStream<Uint8Array>({
      write: (chunk) =>
        new Promise((resolve, reject) => channel.write(chunk, (error) => (error ? reject(error) : resolve()))),
      close: () => void channel.end(),
    }),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await closed;
    },
  };
}

async function open(target: Target, files: FileStore, signal: AbortSignal): Promise<ConnectionTransport> {
  signal.throwIfAborted();
  const client = new Client();
  let key: string | undefined;
  const config = await connectConfig(target, files, (seen) => {
    key = seen;
  });
  const onAbort = (): void => void client.destroy();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("ready", () => resolve());
      client.once("error", reject);
      client.once("close", () => reject(new Error("the server hung up")));
      client.connect(config);
    });
    return transportOf(client, await openChannel(client, target.command));
  } catch (cause) {
    client.destroy();
    signal.throwIfAborted();
    throw refusal(target, cause as Error, key);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** `connection: {driver: ssh, host, user, identity_file}`: a shell over ssh as a console. */
export const ssh = defineConnectionDriver({
  name: "ssh",
  schema: {
    type: "object",
    required: ["host"],
    additionalProperties: false,
    properties: {
      host: { type: "string", description: "Name or address of the machine." },
      port: { type: "integer", minimum: 1, maximum: 65535, default: 22, description: "Its ssh port." },
      user: { type: "string", default: "root", description: "User to log in as." },
      identity_file: { type: "string", description: "Private key file on the worker." },
      password: {
        type: "string",
        description: "Password, where there is no key. A secret: keep the dictionary private.",
      },
      host_key: {
        type: "string",
        pattern: "^SHA256:",
        description: "The host key's fingerprint (`ssh-keygen -l`); any key is taken where absent.",
      },
      command: { type: "string", description: "Command to run in place of the login shell, like `console board-3`." },
    },
  },
  open: ({ connection: { config }, resolve, signal }) => open(readTarget(config), resolve(FileStoreToken), signal),
});

export default definePlugin({ name: "@basalt/connection-ssh", connections: [ssh] });
