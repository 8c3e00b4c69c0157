import type { Clock, DaemonLog } from "@basalt/core";
import type { PluginCatalog } from "@basalt/plugin-loader";
import { makeHttpApp } from "./http/index.js";
import type { Lab } from "./lab.js";
import { mountPages } from "./pages/index.js";
import type { HttpFront } from "./server.js";
import { makeServices } from "./services/index.js";
import { makeRightsCache } from "./services/rights-cache.js";

export interface HttpFrontOptions {
  readonly catalog: PluginCatalog;
  readonly clock: Clock;
  readonly log: DaemonLog;
  readonly version: string;
  /** Believes X-Forwarded-*: only behind a proxy that sets them. */
  readonly trustProxy?: boolean;
}

/** REST, events, metrics and pages over a lab, for {@link import("./server.js").startServer}. */
export const httpFront =
  ({ catalog, clock, log, version, trustProxy = false }: HttpFrontOptions) =>
  async (lab: Lab): Promise<HttpFront> => {
    const { store, configs, logs, intake, life } = lab;
    const services = makeServices({ store, configs, catalog, logs, intake, life, clock, log, options: { version } });
    const rights = makeRightsCache(store, clock);
    return makeHttpApp({
      services,
      store,
      intake,
      clock,
      log,
      version,
      metrics: lab.metrics,
      trustProxy,
      health: { folder: lab.stateFolder },
      mount: (app, router) => mountPages(app, router, { services, rights: () => rights.now(), clock, log, version }),
    });
  };
