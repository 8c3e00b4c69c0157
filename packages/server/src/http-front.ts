import type { Clock, DaemonLog } from "@basalt/core";
import type { PluginCatalog } from "@basalt/plugin-loader";
import { makeHttpApp } from "./http/index.js";
import type { Lab } from "./lab.js";
import { mountPages } from "./pages/index.js";
import type { HttpFront } from "./server.js";
import { forgetPeople } from "./services/forget-people.js";
import { makeServices } from "./services/index.js";
import { makeRightsCache } from "./services/rights-cache.js";

export interface HttpFrontOptions {
  readonly catalog: PluginCatalog;
  readonly clock: Clock;
  readonly log: DaemonLog;
  readonly version: string;
  /** Believes X-Forwarded-*: only behind a proxy that sets them. */
  readonly trustProxy?: boolean;
  /** What it listens at, and names that it goes by besides its addresses, localhost and its machine's name. */
  readonly host?: string;
  readonly allowedHosts?: readonly string[];
}

/** REST, events, metrics and pages over a lab, for {@link import("./server.js").startServer}. */
export const httpFront =
  ({ catalog, clock, log, version, trustProxy = false, host = "localhost", allowedHosts = [] }: HttpFrontOptions) =>
  async (lab: Lab): Promise<HttpFront> => {
    const { store, configs, logs, intake, life, link } = lab;
    const services = makeServices({ store, configs, catalog, logs, intake, life, clock, log, options: { version } });
    const rights = makeRightsCache(store, clock);
    const forgetting = await forgetPeople(store, () => {
      services.people.forget();
      rights.forget();
    });
    const app = await makeHttpApp({
      services,
      store,
      intake,
      clock,
      log,
      version,
      metrics: lab.metrics,
      trustProxy,
      host,
      allowedHosts,
      health: { folder: lab.stateFolder, ...(link ? { link: () => link.trouble } : {}) },
      mount: (app, router) => mountPages(app, router, { services, rights: () => rights.now(), clock, log, version }),
    });
    return {
      attach: app.attach,
      async [Symbol.asyncDispose]() {
        await forgetting.close();
        await app[Symbol.asyncDispose]();
      },
    };
  };
