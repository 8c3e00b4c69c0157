import { configurationError } from "@basalt/core";
import pg from "pg";
import { valueTypes } from "./value-types.js";

/** Where a database is and how to log in. `host` that begins with `/` is the folder of a unix socket. */
export type DatabaseAddress = pg.ClientConfig & {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
};

/** The address as a URL for messages and logs: never with the password. */
export function describeAddress({ user, host, port, database }: DatabaseAddress): string {
  const name = encodeURIComponent(database);
  if (host.startsWith("/")) return `postgres://${encodeURIComponent(user)}@/${name}?host=${host}&port=${port}`;
  return `postgres://${encodeURIComponent(user)}@${host.includes(":") ? `[${host}]` : host}:${port}/${name}`;
}

/** Facts for an error's details. */
export const addressFacts = ({ host, port, database, user }: DatabaseAddress) => ({ host, port, database, user });

/** The address as a URL with the password: for another process's environment, never for a message. */
export function addressUrl(address: DatabaseAddress): string {
  if (address.connectionString !== undefined) return address.connectionString;
  const url = describeAddress(address);
  if (typeof address.password !== "string") return url;
  return url.replace("@", `:${encodeURIComponent(address.password)}@`);
}

/** Puts our settings to an address: how values are parsed, who we are in pg_stat_activity, when a dead peer is noticed. */
export const clientConfig = (address: DatabaseAddress): pg.ClientConfig => ({
  application_name: "basalt",
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 30_000,
  ...address,
  types: valueTypes,
});

/** Reads a `postgres://` URL; libpq's `key=value` form is refused in words. Missing parts come from PGHOST, PGUSER... as in psql. */
export function parseAddress(url: string): DatabaseAddress {
  if (!/^postgres(?:ql)?:\/\//.test(url)) {
    throw configurationError(
      "ERR_DATABASE_URL",
      "DATABASE_URL does not begin with postgres://: write it as postgres://USER:PASSWORD@HOST:5432/DATABASE, or postgres:///DATABASE?host=/var/run/postgresql for a local socket",
    );
  }
  try {
    const { host, port, user, database, password } = new pg.Client({ connectionString: url });
    const name = user ?? "postgres";
    return {
      connectionString: url,
      host,
      port,
      user: name,
      database: database ?? name,
      password: password ?? undefined,
    };
  } catch (cause) {
    throw configurationError(
      "ERR_DATABASE_URL",
      // the cause's text may quote the URL with its password
      "DATABASE_URL can't be read as a URL: write it as postgres://USER:PASSWORD@HOST:5432/DATABASE, with special characters of the password percent-encoded",
      { details: { reason: (cause as NodeJS.ErrnoException).code ?? "unreadable" } },
    );
  }
}
