export { type Complain, type ComplaintsOptions, makeComplaints } from "./complaints.js";
export { every } from "./every.js";
export { type Certificate, formatCertificate, type KeyPair, parseCertificate } from "./keys/certificate.js";
export { isKeyPair } from "./keys/is-key-pair.js";
export {
  type CreatedKeys,
  type CreateKeysOptions,
  createKeys,
  isKeyName,
  type ListedKey,
  listKeys,
  readPublicKey,
  readSecretKey,
  removeKeys,
} from "./keys/key-files.js";
export { type KeyFolder, openKeyFolder } from "./keys/key-folder.js";
export {
  createServerKeys,
  createWorkerKeys,
  openServerEncryption,
  type ServerKeyFiles,
  serverKeyPaths,
} from "./keys/server-keys.js";
export {
  type DaemonLogFormat,
  type DaemonLogOptions,
  daemonLogFormats,
  daemonLogLevels,
  makeDaemonLog,
} from "./log/make-daemon-log.js";
export type { GreetAnswer, ServerEncryption } from "./server/greeter.js";
export type { SessionMessage } from "./server/receiver.js";
export {
  openServerSocket,
  type ServerSocket,
  type ServerSocketHandlers,
  type ServerSocketOptions,
  type SessionEnd,
} from "./server/server-socket.js";
export type { LinkSession } from "./server/session-table.js";
export type { ConnectionEnd, WorkerEncryption } from "./worker/dealer.js";
export {
  openWorkerSocket,
  type ServerOrder,
  type WorkerSocket,
  type WorkerSocketHandlers,
  type WorkerSocketOptions,
} from "./worker/worker-socket.js";
