import type { BasaltError, JsonObject } from "@basalt/core";
import type { Person } from "../people/rights.js";
import type { DeviceHealth, DocumentKind, JobRow, LogEntryRow, TestCaseRow, WorkerHealth } from "../store/rows.js";

/**
 * One service layer under every front: REST, pages, `basalt admin`, later XML-RPC. Every call names who asks; the rules of
 * people/rights.ts are applied here and nowhere else. What the asker may not see is "not found".
 * Errors are those of submit/refusals.ts: `details.status` is the HTTP status.
 */
export interface Services {
  readonly jobs: JobService;
  readonly results: ResultService;
  readonly devices: DeviceService;
  readonly deviceTypes: DeviceTypeService;
  readonly workers: WorkerService;
  readonly people: PeopleService;
  readonly tags: TagService;
  readonly system: SystemService;
}

/** Who asks: a person, or somebody who is not logged in. `basalt admin` on the server's machine acts as a superuser named for the log. */
export type Asker = Person | undefined;

/** One part of a list. `count` is of all that match and may be seen. */
export interface Page<T> {
  readonly count: number;
  readonly items: readonly T[];
}

/** One comparison: `field__lookup=value` of LAVA's REST API, already split. Unknown fields and lookups are 400. */
export interface Filter {
  readonly field: readonly string[];
  readonly lookup: string;
  readonly value: string;
}

export interface ListQuery {
  readonly filters?: readonly Filter[];
  /** A field's name, `-` before it for descending. */
  readonly ordering?: string;
  /** 1 to 1,000; 50 by default. */
  readonly limit?: number;
  readonly offset?: number;
}

/** A job's number, or `12.1` of a MultiNode group. */
export type JobId = number | string;

/** A job as people see it: the row, with names where the row has ids. */
export interface JobView
  extends Omit<JobRow, "submitter" | "log_server" | "device_config" | "is_public" | "log_lines" | "log_sealed"> {
  /** `12`, or `12.1`. */
  readonly public_id: string;
  readonly submitter: string;
  readonly visibility: "Public" | "Personal" | `Group (${string})`;
  readonly viewing_groups: readonly { readonly id: number; readonly name: string }[];
  readonly failure_tags: readonly string[];
  readonly log_lines: number;
  /** Other members of its MultiNode group. */
  readonly group: readonly {
    readonly id: number;
    readonly public_id: string;
    readonly role: string | null;
    readonly state: string;
    readonly health: string;
  }[];
}

export interface LogPart {
  /** Nothing will be added. */
  readonly finished: boolean;
  /** Lines there are. */
  readonly count: number;
  /** Whole lines of `- {json}`, each ended by a line feed. */
  readonly text: Buffer;
}

/** What is wrong with a definition; `ok` with warnings otherwise. */
export type Verdict =
  | { readonly ok: true; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly error: BasaltError };

export interface JobService {
  submit(asker: Asker, text: string): Promise<{ readonly jobs: readonly number[]; readonly ids: readonly string[] }>;
  resubmit(asker: Asker, id: JobId): Promise<{ readonly jobs: readonly number[]; readonly ids: readonly string[] }>;
  validate(asker: Asker, text: string, options: { readonly strict: boolean }): Promise<Verdict>;
  list(asker: Asker, query: ListQuery): Promise<Page<JobView>>;
  get(asker: Asker, id: JobId): Promise<JobView>;
  /** False where it had ended already. */
  cancel(asker: Asker, id: JobId, reason?: string): Promise<boolean>;
  /** Superusers; a job in Canceling that nobody will end. */
  fail(asker: Asker, id: JobId, reason: string): Promise<boolean>;
  setPriority(asker: Asker, id: JobId, priority: number): Promise<void>;
  annotate(
    asker: Asker,
    id: JobId,
    note: { readonly comment?: string; readonly tags?: readonly string[] },
  ): Promise<void>;
  /** Lines [start, end); constant time whatever the log's length. */
  log(asker: Asker, id: JobId, range: { readonly start?: number; readonly end?: number }): Promise<LogPart>;
  /** The plan: of the worker's description once there, else as the server plans it for the device it asks for; the same shape (spec: description.yaml's `pipeline`). */
  plan(asker: Asker, id: JobId): Promise<readonly JsonObject[]>;
  /** What was sent to the worker: definition, device, dispatcher, env, env-dut; undefined where it has not begun. */
  configuration(
    asker: Asker,
    id: JobId,
  ): Promise<
    | {
        readonly definition: string;
        readonly device: string;
        readonly dispatcher: string;
        readonly env: string;
        readonly envDut: string;
      }
    | undefined
  >;
  history(asker: Asker, id: JobId): Promise<readonly LogEntryRow[]>;
}

export interface SuiteView {
  readonly id: number;
  readonly name: string;
  readonly job: number;
  readonly counts: Readonly<Record<"pass" | "fail" | "skip" | "unknown", number>>;
}

export interface CaseView extends Omit<TestCaseRow, "set_id"> {
  readonly suite: string;
  readonly set: string | null;
}

export interface ResultService {
  suites(asker: Asker, id: JobId): Promise<readonly SuiteView[]>;
  cases(asker: Asker, id: JobId, query: ListQuery & { readonly suite?: string }): Promise<Page<CaseView>>;
  /** Of all suites, or one. Forms of spec 7.6; junit and tap of the whole job. */
  export(
    asker: Asker,
    id: JobId,
    as: "csv" | "yaml" | "junit" | "tap13",
    options?: {
      readonly suite?: string;
      readonly limit?: number;
      readonly offset?: number;
      readonly classnamePrefix?: string;
    },
  ): Promise<string>;
}

export interface DeviceView {
  readonly name: string;
  readonly device_type: string;
  readonly device_version: string | null;
  readonly description: string;
  readonly state: string;
  readonly health: DeviceHealth;
  readonly worker: string | null;
  readonly tags: readonly string[];
  readonly physical_owner: string | null;
  readonly physical_group: string | null;
  readonly current_job: number | null;
  readonly last_health_job: number | null;
  readonly has_dictionary: boolean;
  readonly is_synced: boolean;
}

export interface DeviceChanges {
  readonly device_type?: string;
  readonly device_version?: string | null;
  readonly description?: string;
  readonly worker?: string | null;
  readonly physical_owner?: string | null;
  readonly physical_group?: string | null;
  readonly tags?: readonly string[];
}

export interface DeviceService {
  list(asker: Asker, query: ListQuery & { readonly all?: boolean }): Promise<Page<DeviceView>>;
  get(asker: Asker, name: string): Promise<DeviceView>;
  add(
    asker: Asker,
    name: string,
    device: DeviceChanges & { readonly device_type: string; readonly health?: DeviceHealth },
  ): Promise<void>;
  update(asker: Asker, name: string, changes: DeviceChanges): Promise<void>;
  remove(asker: Asker, name: string): Promise<void>;
  setHealth(asker: Asker, name: string, health: DeviceHealth, reason?: string): Promise<void>;
  dictionary(asker: Asker, name: string): Promise<string | undefined>;
  /** The device's YAML as a job with this context would get it. */
  rendered(asker: Asker, name: string, context?: JsonObject): Promise<string>;
  setDictionary(asker: Asker, name: string, text: string | null, reason?: string): Promise<void>;
  history(asker: Asker, name: string): Promise<readonly LogEntryRow[]>;
}

export interface DeviceTypeView {
  readonly name: string;
  readonly description: string;
  readonly architecture: string | null;
  readonly processor: string | null;
  readonly cpu_model: string | null;
  readonly bits: number | null;
  readonly cores: readonly string[];
  readonly core_count: number | null;
  readonly health_frequency: number;
  readonly health_denominator: "hours" | "jobs";
  readonly disable_health_check: boolean;
  readonly display: boolean;
  readonly job_limit: number;
  readonly aliases: readonly string[];
  /** Devices by what they do now: idle, busy, and those no job can have. */
  readonly devices: { readonly idle: number; readonly busy: number; readonly offline: number };
  readonly has_template: boolean;
  readonly has_health_check: boolean;
}

export type DeviceTypeChanges = Partial<Omit<DeviceTypeView, "name" | "devices" | "has_template" | "has_health_check">>;

export interface DeviceTypeService {
  list(asker: Asker, query: ListQuery & { readonly all?: boolean }): Promise<Page<DeviceTypeView>>;
  get(asker: Asker, name: string): Promise<DeviceTypeView>;
  add(asker: Asker, name: string, changes: DeviceTypeChanges): Promise<void>;
  update(asker: Asker, name: string, changes: DeviceTypeChanges): Promise<void>;
  remove(asker: Asker, name: string): Promise<void>;
  /** The lab's own template, else the one that came with Basalt. */
  template(asker: Asker, name: string): Promise<string | undefined>;
  setTemplate(asker: Asker, name: string, text: string | null, reason?: string): Promise<void>;
  healthCheck(asker: Asker, name: string): Promise<string | undefined>;
  setHealthCheck(asker: Asker, name: string, text: string | null, reason?: string): Promise<void>;
  /** Other names of types that may be seen. They are changed with their type. */
  aliases(asker: Asker): Promise<readonly { readonly name: string; readonly device_type: string }[]>;
}

export interface WorkerView {
  readonly name: string;
  readonly description: string;
  readonly state: string;
  readonly health: WorkerHealth;
  readonly job_limit: number;
  readonly version: string;
  readonly last_ping: Date | null;
  readonly devices: readonly string[];
  readonly jobs: readonly number[];
}

export interface WorkerService {
  list(asker: Asker, query: ListQuery): Promise<Page<WorkerView>>;
  get(asker: Asker, name: string): Promise<WorkerView>;
  /** `disabled`: Retired, as LAVA's `workers add --disabled`. */
  add(
    asker: Asker,
    name: string,
    options: { readonly description?: string; readonly disabled?: boolean; readonly job_limit?: number },
  ): Promise<void>;
  update(
    asker: Asker,
    name: string,
    changes: { readonly description?: string; readonly job_limit?: number },
  ): Promise<void>;
  remove(asker: Asker, name: string): Promise<void>;
  setHealth(asker: Asker, name: string, health: WorkerHealth, reason?: string): Promise<void>;
  /** dispatcher.yaml, env.yaml, env-dut.yaml; '' is what holds for all workers. */
  config(
    asker: Asker,
    name: string,
    kind: Extract<DocumentKind, "dispatcher" | "env" | "env-dut">,
  ): Promise<string | undefined>;
  setConfig(
    asker: Asker,
    name: string,
    kind: Extract<DocumentKind, "dispatcher" | "env" | "env-dut">,
    text: string | null,
    reason?: string,
  ): Promise<void>;
  history(asker: Asker, name: string): Promise<readonly LogEntryRow[]>;
}

export interface UserView {
  readonly id: number;
  readonly username: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly is_active: boolean;
  readonly is_staff: boolean;
  readonly is_superuser: boolean;
  readonly groups: readonly string[];
  readonly permissions: readonly string[];
  readonly date_joined: Date;
  readonly last_login: Date | null;
}

export type UserChanges = Partial<
  Pick<
    UserView,
    "first_name" | "last_name" | "email" | "is_active" | "is_staff" | "is_superuser" | "groups" | "permissions"
  >
> & { readonly password?: string };

export interface PeopleService {
  /** A person by password; undefined where name or password are wrong. Through the Authenticator seam; rate limited by address and name (429). */
  logIn(
    username: string,
    password: string,
    from: { readonly address: string },
  ): Promise<{ readonly person: Person; readonly cookie: string } | undefined>;
  logOut(cookie: string): Promise<void>;
  byCookie(cookie: string): Promise<Person | undefined>;
  /** By an API token; sets when it was last used, at most once a minute. */
  byToken(token: string): Promise<Person | undefined>;
  users(asker: Asker, query: ListQuery): Promise<Page<UserView>>;
  user(asker: Asker, username: string): Promise<UserView>;
  /** A random password is made and returned where none is given. */
  addUser(asker: Asker, username: string, changes: UserChanges): Promise<{ readonly password?: string }>;
  updateUser(asker: Asker, username: string, changes: UserChanges): Promise<void>;
  removeUser(asker: Asker, username: string): Promise<void>;
  groups(asker: Asker): Promise<
    readonly {
      readonly id: number;
      readonly name: string;
      readonly users: readonly string[];
      readonly permissions: readonly string[];
    }[]
  >;
  addGroup(asker: Asker, name: string): Promise<void>;
  updateGroup(
    asker: Asker,
    name: string,
    changes: { readonly users?: readonly string[]; readonly permissions?: readonly string[] },
  ): Promise<void>;
  removeGroup(asker: Asker, name: string): Promise<void>;
  tokens(
    asker: Asker,
    username?: string,
  ): Promise<
    readonly {
      readonly id: number;
      readonly description: string;
      readonly created_on: Date;
      readonly last_used_on: Date | null;
    }[]
  >;
  /** The token is shown here and never again. */
  addToken(
    asker: Asker,
    options: { readonly username?: string; readonly description: string },
  ): Promise<{ readonly id: number; readonly token: string }>;
  removeToken(asker: Asker, id: number): Promise<void>;
  permissions(
    asker: Asker,
    kind: "device" | "devicetype" | "worker",
    object?: string,
  ): Promise<
    readonly { readonly id: number; readonly group: string; readonly object: string; readonly codename: string }[]
  >;
  grant(
    asker: Asker,
    permission: {
      readonly kind: "device" | "devicetype" | "worker";
      readonly object: string;
      readonly group: string;
      readonly codename: "view" | "submit_to" | "change";
    },
  ): Promise<void>;
  revoke(asker: Asker, id: number): Promise<void>;
}

export interface TagService {
  list(asker: Asker): Promise<
    readonly {
      readonly id: number;
      readonly name: string;
      readonly description: string;
      readonly devices: readonly string[];
    }[]
  >;
  add(asker: Asker, name: string, description?: string): Promise<void>;
  remove(asker: Asker, name: string): Promise<void>;
}

export interface SystemService {
  /** `2026.11`-like where LAVA's clients look at it (spec 3.3), and our own. */
  version(): { readonly lava: string; readonly basalt: string };
  /** What is in the queue and what the lab does now: the first page. */
  overview(asker: Asker): Promise<{
    readonly queued: number;
    readonly running: number;
    readonly devices: Readonly<Record<string, number>>;
    readonly workers: Readonly<Record<string, number>>;
  }>;
}
