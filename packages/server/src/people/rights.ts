/** What may be asked for of an object; a stronger one includes the weaker (spec 5.3). */
export type Codename = "view" | "submit_to" | "change";
export type ObjectKind = "device" | "devicetype" | "worker";

/** What groups can be granted on objects of a kind (spec 5.3): nobody submits to a worker. */
export const codenamesOf: Readonly<Record<ObjectKind, readonly Codename[]>> = {
  device: ["view", "submit_to", "change"],
  devicetype: ["view", "submit_to", "change"],
  worker: ["view", "change"],
};

const stronger: Readonly<Record<Codename, readonly Codename[]>> = {
  view: ["view", "submit_to", "change"],
  submit_to: ["submit_to", "change"],
  change: ["change"],
};

/** A row of `object_permissions`. */
export interface ObjectPermission {
  readonly kind: ObjectKind;
  readonly object: string;
  readonly codename: Codename;
  readonly group_id: number;
}

/** A person as the rules see them; undefined stands for somebody who is not logged in. */
export interface Person {
  readonly id: number;
  readonly username: string;
  readonly isSuperuser: boolean;
  readonly isStaff: boolean;
  readonly groups: ReadonlySet<number>;
  /** Global permissions, own and of groups: `view_device`, `submit_to_devicetype`, `change_testjob`, `add_worker`, ... */
  readonly permissions: ReadonlySet<string>;
}

export interface DeviceIdentity {
  readonly name: string;
  readonly device_type: string;
  readonly health?: string;
}

/** What the rules look at in a job. */
export interface JobIdentity {
  readonly submitter: number;
  readonly is_public: boolean;
  /** Groups its visibility names: all of them are needed. */
  readonly viewingGroups: readonly number[];
  readonly device: DeviceIdentity | undefined;
  readonly requested_device_type: string | null;
  /** The others of its MultiNode group: they count for a job that has no device of its own. */
  readonly siblings?: readonly Pick<JobIdentity, "device" | "requested_device_type">[];
}

/** See {@link Rights.sight}. A device is seen if `allDevices`, or in `shownDevices`, or neither it nor its type is hidden. */
export interface Sight {
  readonly allDevices: boolean;
  readonly hiddenTypes: readonly string[];
  readonly hiddenDevices: readonly string[];
  readonly shownDevices: readonly string[];
  readonly hiddenWorkers: readonly string[];
}

/** The submitter of health checks: may use every device, and cannot log in. */
export const healthUser = "lava-health";

const key = (kind: ObjectKind, object: string, codename: Codename): string => `${kind}/${object}/${codename}`;

/**
 * LAVA's rules (spec 5.3). They are inverse: an object that nobody restricted for a permission is open for it, but for changes, which
 * always need a right. A device without restrictions of its own follows its type.
 */
export class Rights {
  readonly #groups = new Map<string, Set<number>>();

  constructor(rows: readonly ObjectPermission[]) {
    for (const { kind, object, codename, group_id } of rows) {
      const at = key(kind, object, codename);
      const groups = this.#groups.get(at);
      if (groups) groups.add(group_id);
      else this.#groups.set(at, new Set([group_id]));
    }
  }

  #restricted(kind: ObjectKind, object: string, codename: Codename): boolean {
    return this.#groups.has(key(kind, object, codename));
  }

  #granted(person: Person | undefined, kind: ObjectKind, object: string, codename: Codename): boolean {
    if (!person) return false;
    return stronger[codename].some((name) => {
      const groups = this.#groups.get(key(kind, object, name));
      if (!groups) return false;
      for (const group of person.groups) if (groups.has(group)) return true;
      return false;
    });
  }

  #globally(person: Person | undefined, kind: ObjectKind, codename: Codename): boolean {
    if (!person) return false;
    return person.isSuperuser || stronger[codename].some((name) => person.permissions.has(`${name}_${kind}`));
  }

  /** A right on an object itself: its own rows, a global permission, or that nobody restricted it. */
  #may(person: Person | undefined, kind: ObjectKind, object: string, codename: Codename): boolean {
    if (this.#globally(person, kind, codename) || this.#granted(person, kind, object, codename)) return true;
    return codename !== "change" && !this.#restricted(kind, object, codename);
  }

  /** What a person sees and does not, as lists: for conditions in SQL that agree with the rules here. */
  sight(person: Person | undefined): Sight {
    const restricted: Record<ObjectKind, string[]> = { device: [], devicetype: [], worker: [] };
    const granted: string[] = [];
    for (const at of this.#groups.keys()) {
      const [kind, object = "", codename] = at.split("/") as [ObjectKind, string, Codename];
      if (codename === "view" && !this.#may(person, kind, object, "view")) restricted[kind].push(object);
      if (kind === "device" && this.#granted(person, "device", object, "view")) granted.push(object);
    }
    return {
      allDevices: this.#globally(person, "device", "view"),
      hiddenTypes: restricted.devicetype,
      hiddenDevices: restricted.device,
      shownDevices: granted,
      hiddenWorkers: restricted.worker,
    };
  }

  mayView(person: Person | undefined, kind: "devicetype" | "worker", name: string): boolean {
    return this.#may(person, kind, name, "view");
  }

  mayViewDevice(person: Person | undefined, { name, device_type }: DeviceIdentity): boolean {
    if (this.#globally(person, "device", "view") || this.#granted(person, "device", name, "view")) return true;
    if (this.#restricted("device", name, "view")) return false;
    return this.mayView(person, "devicetype", device_type);
  }

  maySubmitToType(person: Person | undefined, type: string): boolean {
    return person !== undefined && this.#may(person, "devicetype", type, "submit_to");
  }

  maySubmitToDevice(person: Person | undefined, { name, device_type, health }: DeviceIdentity): boolean {
    if (health === "Retired" || !person) return false;
    if (person.username === healthUser) return true;
    if (this.#globally(person, "device", "submit_to") || this.#granted(person, "device", name, "submit_to"))
      return true;
    if (this.#restricted("device", name, "submit_to")) return false;
    return this.maySubmitToType(person, device_type);
  }

  mayChange(person: Person | undefined, kind: "devicetype" | "worker", name: string): boolean {
    return this.#may(person, kind, name, "change");
  }

  mayChangeDevice(person: Person | undefined, { name, device_type }: DeviceIdentity): boolean {
    if (this.#globally(person, "device", "change") || this.#granted(person, "device", name, "change")) return true;
    return !this.#restricted("device", name, "change") && this.mayChange(person, "devicetype", device_type);
  }

  mayViewJob(person: Person | undefined, job: JobIdentity): boolean {
    if (person && (person.isSuperuser || person.id === job.submitter)) return true;
    if (job.viewingGroups.length > 0) return job.viewingGroups.every((group) => person?.groups.has(group) ?? false);
    if (!job.is_public) return false;
    const isGuest = !job.device && job.requested_device_type === null;
    return (isGuest ? (job.siblings ?? []) : [job]).every(({ device, requested_device_type: type }) =>
      device ? this.mayViewDevice(person, device) : type === null || this.mayView(person, "devicetype", type),
    );
  }

  /** Change its priority, annotate it. */
  mayChangeJob(person: Person | undefined, job: JobIdentity): boolean {
    if (!person) return false;
    if (person.isSuperuser || person.id === job.submitter) return true;
    if (job.device) return this.mayChangeDevice(person, job.device);
    return job.requested_device_type !== null && this.mayChange(person, "devicetype", job.requested_device_type);
  }

  mayCancelJob(person: Person | undefined, job: JobIdentity): boolean {
    return (person?.permissions.has("change_testjob") ?? false) || this.mayChangeJob(person, job);
  }

  mayResubmitJob(person: Person | undefined, job: JobIdentity): boolean {
    if (!person) return false;
    if (this.mayCancelJob(person, job)) return true;
    if (job.device) return this.maySubmitToDevice(person, job.device);
    return job.requested_device_type !== null && this.maySubmitToType(person, job.requested_device_type);
  }
}
