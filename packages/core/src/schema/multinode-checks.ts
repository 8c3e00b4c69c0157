import { asObject, hasKey, isJsonObject, type Json, type JsonObject } from "../json.js";
import { formatPath, type YamlPath } from "../yaml/path.js";
import type { JobBlock } from "./job-blocks.js";
import type { Finding } from "./problem.js";

const multinodeOf = (job: JsonObject): Json | undefined => asObject(job.protocols)["lava-multinode"];

/** Whether a server made this job out of a MultiNode job: it has its group, and its own device type or none. */
export const isSplit = (job: JsonObject): boolean => hasKey(multinodeOf(job), "target_group");

const finding = (path: YamlPath, message: string, expected: string, value?: unknown): Finding => ({
  severity: "error",
  code: "ERR_JOB_MULTINODE",
  path,
  at: value === undefined ? "key" : "value",
  ...(value === undefined ? {} : { value }),
  expected,
  message,
});

/** The rules of MultiNode (lava-dispatcher.md 1.1 and 1.7, lava-server.md 6.5 and 6.9). */
export function multinodeFindings(job: JsonObject, blocks: readonly JobBlock[]): Finding[] {
  const multinode = multinodeOf(job);
  if (!isJsonObject(multinode))
    return hasKey(job, "device_type") ? [] : [finding([], "device_type is missing", "device_type: a text")];
  if (isSplit(job)) return [];
  const roles = asObject(multinode.roles);
  return [
    ...["device_type", "environment", "context", "tags"]
      .filter((key) => hasKey(job, key))
      .map((key) =>
        finding(
          [key],
          "belongs to the roles of a MultiNode job, not to its top",
          `protocols.lava-multinode.roles.*.${key}`,
          job[key],
        ),
      ),
    ...blocks.flatMap((block) => blockFindings(block, roles)),
    ...Object.entries(roles).flatMap(([name, role]) => roleFindings(name, asObject(role), roles)),
  ];
}

function blockFindings({ path, params }: JobBlock, roles: JsonObject): Finding[] {
  if (!hasKey(params, "role"))
    return [
      finding(path, "role is missing, which every block of a MultiNode job needs", `role: a list of ${names(roles)}`),
    ];
  if (!Array.isArray(params.role) || Object.keys(roles).length === 0) return [];
  return params.role.flatMap((role: Json, index: number) =>
    hasKey(roles, String(role))
      ? []
      : [finding([...path, "role", index], "no such role", `one of ${names(roles)}`, role)],
  );
}

function roleFindings(name: string, role: JsonObject, roles: JsonObject): Finding[] {
  const path = ["protocols", "lava-multinode", "roles", name];
  const findings: Finding[] = [];
  for (const key of ["host_role", "expect_role"]) {
    const other = role[key];
    if (typeof other === "string" && !hasKey(roles, other))
      findings.push(finding([...path, key], "no such role", `one of ${names(roles)}`, other));
  }
  const host = typeof role.host_role === "string" ? role.host_role : undefined;
  const hostCount = host === undefined ? undefined : asObject(roles[host]).count;
  if (host !== undefined && typeof hostCount === "number" && hostCount !== 1)
    findings.push(
      finding([...path, "host_role"], `the role ${host} has ${hostCount} devices`, "a role of one device", host),
    );
  for (const key of ["device", "worker"])
    if (hasKey(role, key) && typeof role.count === "number" && role.count !== 1)
      findings.push(
        finding(
          [...path, key],
          `names one ${key} for ${role.count} jobs`,
          `count: 1 in ${formatPath(path)}`,
          role[key],
        ),
      );
  return findings;
}

const names = (roles: JsonObject): string => Object.keys(roles).join(", ") || "(no roles)";
