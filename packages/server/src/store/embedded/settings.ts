/** Where PostgreSQL listens: a unix socket in `socketFolder`, or TCP on loopback. Never the network. */
export type Listening =
  | { readonly socketFolder: string; readonly port: number }
  | { readonly host: "127.0.0.1"; readonly port: number };

/** One lab on a small machine: the whole idle cluster stays near 30 MiB, and a commit is on the disk when it is acknowledged. */
const settings: Readonly<Record<string, string>> = {
  shared_buffers: "32MB",
  max_connections: "40",
  work_mem: "4MB",
  maintenance_work_mem: "32MB",
  max_wal_size: "512MB",
  min_wal_size: "64MB",
  checkpoint_timeout: "15min",
  // no replicas, no parallel plans, no just-in-time compiler: each would cost processes or memory
  wal_level: "minimal",
  max_wal_senders: "0",
  max_replication_slots: "0",
  max_logical_replication_workers: "0",
  max_worker_processes: "2",
  max_parallel_workers: "0",
  max_parallel_workers_per_gather: "0",
  max_parallel_maintenance_workers: "0",
  autovacuum_worker_slots: "1",
  autovacuum_max_workers: "1",
  autovacuum_naptime: "1min",
  io_method: "sync",
  // after a crash: one call instead of one for each of 1,000 files, seconds on a slow disk
  ...(process.platform === "linux" ? { recovery_init_sync_method: "syncfs" } : {}),
  jit: "off",
  huge_pages: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  // errors of statements reach whoever made them; the text of a statement may hold a secret
  log_min_messages: "log",
  log_min_error_statement: "panic",
  log_line_prefix: "",
};

/** Command line of `postgres`: all settings are on it, so that nothing depends on what an older version wrote into the data folder. */
export function postgresArguments(
  dataFolder: string,
  listening: Listening,
  overrides: Readonly<Record<string, string>> = {},
): readonly string[] {
  const place =
    "socketFolder" in listening
      ? { listen_addresses: "", unix_socket_directories: listening.socketFolder, unix_socket_permissions: "0700" }
      : { listen_addresses: listening.host, unix_socket_directories: "" };
  const all = { ...settings, ...place, port: String(listening.port), ...overrides };
  return ["-D", dataFolder, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}
