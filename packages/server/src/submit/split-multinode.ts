import { asObject, asText, hasKey, isJsonObject, type Json, type JsonObject, jobError } from "@basalt/core";

/** One job of a MultiNode group, before it has an id. */
export interface GroupMember {
  readonly role: string;
  /** 0-based place in the group; its sub id is `<first job's id>.<index>`. */
  readonly index: number;
  readonly essential: boolean;
  /** The role whose device it talks to, where it has none of its own. */
  readonly hostRole: string | null;
  readonly definition: JsonObject;
  /** What its role asks of its device: `tags`, `device`, `worker`. */
  readonly wishes: JsonObject;
}

/** More than any lab has devices; a mistyped `count` must not fill the queue. */
const mostMembers = 1_000;

/** Keys that all members share. */
const shared = [
  "job_name",
  "timeouts",
  "priority",
  "visibility",
  "notify",
  "metadata",
  "reboot_to_fastboot",
  "secrets",
];
/** Keys of a role that stand at the top of its jobs. */
const lifted = ["device_type", "connection", "host_role", "context"];

const pick = (from: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(keys.filter((key) => hasKey(from, key)).map((key) => [key, from[key] as Json]));
const omit = (from: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)));

const countOf = (role: JsonObject): number => (typeof role.count === "number" ? role.count : 1);

export const multinodeOf = (definition: JsonObject): JsonObject | undefined => {
  const multinode = asObject(definition.protocols)["lava-multinode"];
  return isJsonObject(multinode) && hasKey(multinode, "roles") && !hasKey(multinode, "target_group")
    ? multinode
    : undefined;
};

/** The blocks of a role, each now of this role alone. */
function blocksOf(definition: JsonObject, role: string): Json[] {
  const actions = Array.isArray(definition.actions) ? definition.actions : [];
  return actions.flatMap((action: Json) => {
    const [section, params] = Object.entries(asObject(action))[0] ?? [];
    const own = asObject(params);
    const roles = Array.isArray(own.role) ? own.role : [own.role];
    return section !== undefined && roles.includes(role) ? [{ [section]: { ...own, role } }] : [];
  });
}

/**
 * Splits a MultiNode definition into those of its members (spec 6.5). `group` is the id they share.
 * @throws ERR_JOB_MULTINODE (job) where that makes no job, or too many
 */
export function splitMultinode(definition: JsonObject, group: string): readonly GroupMember[] {
  const multinode = multinodeOf(definition) ?? {};
  const roles = Object.entries(asObject(multinode.roles)).map(([name, role]) => [name, asObject(role)] as const);
  const size = roles.reduce((sum, [, role]) => sum + countOf(role), 0);
  if (size < 1 || size > mostMembers)
    throw jobError(
      "ERR_JOB_MULTINODE",
      `protocols.lava-multinode.roles: the counts of the roles make ${size} jobs: expected 1 to ${mostMembers}`,
    );
  let index = 0;
  return roles.flatMap(([name, role]) =>
    Array.from({ length: countOf(role) }, (): GroupMember => {
      const at = index++;
      const protocol = {
        ...omit(multinode, ["roles"]),
        ...omit(role, [...lifted, "count"]),
        target_group: group,
        role: name,
        group_size: size,
        sub_id: at,
        // by job number: known when all of the group have their devices
        roles: {},
      };
      return {
        role: name,
        index: at,
        essential: role.essential === true,
        hostRole: asText(role.host_role) ?? null,
        wishes: pick(role, ["tags", "device", "worker"]),
        definition: {
          ...pick(definition, shared),
          ...pick(role, lifted),
          // LAVA leaves it among the protocol's keys only, where its dispatcher does not look for it
          ...pick(role, ["environment"]),
          protocols: { ...asObject(definition.protocols), "lava-multinode": protocol },
          actions: blocksOf(definition, name),
        },
      };
    }),
  );
}

/** Whether a definition is that of a group's member. */
export const isSplitJob = (definition: JsonObject): boolean =>
  hasKey(asObject(definition.protocols)["lava-multinode"], "target_group");
