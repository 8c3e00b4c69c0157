export type { JobBelongs, LinkBackend, LogLines, StartOrder, WorkerJobs } from "./link-backend.js";
export { type ServerLink, type ServerLinkOptions, startServerLink } from "./server-link.js";
