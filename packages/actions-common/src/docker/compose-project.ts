import type { Dispatcher } from "@basalt/core";

/** Name of the docker compose project of a test service of a job: unique on the worker, and known without asking. */
export const composeProject = ({ prefix }: Pick<Dispatcher, "prefix">, jobId: string, service: string): string =>
  `lava-${prefix}${jobId}-${service}`.toLowerCase().replaceAll(/[^a-z0-9_-]/g, "-");
