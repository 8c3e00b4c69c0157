import "reflect-metadata";
import {
  type AnyToken,
  ConnectionDriverToken,
  type Plugin,
  PowerDriverToken,
  ProtocolToken,
  type Resolve,
  StrategyToken,
  serviceMissing,
  type Token,
} from "@basalt/core";
import { type DependencyContainer, container as tsyringe } from "tsyringe";

/** Where services are found. tsyringe is seen only in this file. */
export type Container = DependencyContainer;

/** A service and the token that actions ask for it by. */
export type Service = readonly [AnyToken, unknown];

/**
 * The root container: each plugin's frozen values, all under their kind's token. Only values are registered, and only here: a child that
 * registered one of these tokens again would hide the root's.
 */
export function createContainer(plugins: readonly Plugin[]): Container {
  const root = tsyringe.createChildContainer();
  const register = (token: AnyToken, values: readonly unknown[] = []): void => {
    for (const value of values) root.register(token.key, { useValue: value });
  };
  for (const plugin of plugins) {
    register(StrategyToken, plugin.strategies);
    register(PowerDriverToken, plugin.power);
    register(ConnectionDriverToken, plugin.connections);
    register(ProtocolToken, plugin.protocols);
  }
  return root;
}

/** All values of a token; none where no plugin gave one. */
export const allOf = <T>(container: Container, token: Token<T>): readonly T[] =>
  container.isRegistered(token.key, true) ? container.resolveAll<T>(token.key) : [];

/** A job's container: the services of its host and device, beside the root's. Hardware is never closed by it: that is CleanupStack's work. */
export function jobContainer(root: Container, services: readonly Service[]): Container {
  const job = root.createChildContainer();
  for (const [token, service] of services) job.register(token.key, { useValue: service });
  return job;
}

/** Finds services in a container. Throws ERR_SERVICE_MISSING (configuration). */
export const resolver =
  (container: Container): Resolve =>
  <T>(token: Token<T>): T => {
    if (!container.isRegistered(token.key, true))
      throw serviceMissing(token.key.description?.replace(/^@basalt\/core\/|@\d+$/g, "") ?? "a service");
    return container.resolve<T>(token.key);
  };
