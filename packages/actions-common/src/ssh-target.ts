import { posix } from "node:path";
import {
  type ActionContext,
  asObject,
  asText,
  asTexts,
  configurationError,
  type Device,
  jobError,
  methodOptions,
} from "@basalt/core";

/** Where and how the worker reaches a device by ssh: `actions.deploy.methods.ssh` of the dictionary. */
export interface SshTarget {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  /** Absolute path of the private key; absent: ssh's own. */
  readonly identityFile?: string;
  readonly options: readonly string[];
}

/** A device's host is put up anew by each job, with keys that nobody knows: they are not checked unless the dictionary says so. */
function withHostKeys(options: readonly string[]): readonly string[] {
  const own = (name: string): boolean => options.some((option) => option.toLowerCase().startsWith(name.toLowerCase()));
  return [
    ...options,
    ...(own("StrictHostKeyChecking") ? [] : ["-o", "StrictHostKeyChecking=no"]),
    ...(own("UserKnownHostsFile") ? [] : ["-o", "UserKnownHostsFile=/dev/null"]),
  ];
}

/** What the dictionary says of ssh. @throws ERR_SSH_KEY (configuration) where the key's path is not absolute */
export function sshSettings(device: Device): Omit<SshTarget, "host"> & { readonly host: string | undefined } {
  const ssh = methodOptions(device, "deploy", "ssh");
  const identityFile = asText(ssh.identity_file);
  if (identityFile !== undefined && !posix.isAbsolute(identityFile))
    throw configurationError(
      "ERR_SSH_KEY",
      `device ${device.hostname}: actions.deploy.methods.ssh.identity_file is '${identityFile}': write its absolute path on the worker`,
    );
  const host = asText(ssh.host);
  return {
    host: host === "" ? undefined : host,
    port: asText(ssh.port) ?? "22",
    user: asText(ssh.user) ?? "root",
    ...(identityFile === undefined ? {} : { identityFile }),
    options: withHostKeys(asTexts(ssh.options)),
  };
}

/**
 * The host to log in to: the one that another job of the group has sent (`parameters: {hostID, host_key}`: message and key of it),
 * else the dictionary's.
 */
export function sshTarget(ctx: ActionContext): SshTarget {
  const settings = sshSettings(ctx.job.device);
  const { hostID, host_key } = asObject(ctx.parameters.parameters);
  const message = asText(hostID);
  if (message === undefined) {
    if (settings.host !== undefined) return { ...settings, host: settings.host };
    throw configurationError(
      "ERR_SSH_HOST",
      `device ${ctx.job.device.hostname} names no host: set actions.deploy.methods.ssh.host, or parameters hostID and host_key in the job`,
    );
  }
  const key = asText(host_key) ?? "";
  const host = asText(ctx.job.protocolData.get(`lava-multinode/${message}`)?.[key]);
  if (host !== undefined) return { ...settings, host };
  throw jobError(
    "ERR_SSH_HOST",
    `no job of the group has sent '${key}' in its message '${message}': the host's address is not known`,
  );
}

/** Arguments that ssh and scp share; their switches for the port differ. */
export const sshArguments = (
  { port, identityFile, options }: SshTarget,
  portSwitch: "-p" | "-P",
): readonly string[] => [...options, ...(identityFile === undefined ? [] : ["-i", identityFile]), portSwitch, port];
