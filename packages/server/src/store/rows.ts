/** Rows of the tables in migrations/, as `pg` gives them: timestamptz is a Date, bigint a number, numeric a string. */

export const jobStates = ["Submitted", "Scheduling", "Scheduled", "Running", "Canceling", "Finished"] as const;
/** LAVA's words; a job's state only ever goes forward in this order. */
export type JobState = (typeof jobStates)[number];
export const jobHealths = ["Unknown", "Complete", "Incomplete", "Canceled"] as const;
export type JobHealth = (typeof jobHealths)[number];
export const deviceStates = ["Idle", "Reserved", "Running"] as const;
export type DeviceState = (typeof deviceStates)[number];
export const deviceHealths = ["Good", "Unknown", "Looping", "Bad", "Maintenance", "Retired"] as const;
export type DeviceHealth = (typeof deviceHealths)[number];
export const workerStates = ["Online", "Offline"] as const;
export type WorkerState = (typeof workerStates)[number];
export const workerHealths = ["Active", "Maintenance", "Retired"] as const;
export type WorkerHealth = (typeof workerHealths)[number];

export interface UserRow {
  readonly id: number;
  readonly username: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly password_hash: string | null;
  readonly is_active: boolean;
  readonly is_staff: boolean;
  readonly is_superuser: boolean;
  readonly date_joined: Date;
  readonly last_login: Date | null;
}

export interface WorkerRow {
  readonly name: string;
  readonly description: string;
  readonly state: WorkerState;
  readonly health: WorkerHealth;
  readonly job_limit: number;
  readonly version: string;
  readonly last_ping: Date | null;
  readonly server: string | null;
  readonly session: string | null;
}

export interface DeviceTypeRow {
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
}

export interface DeviceRow {
  readonly name: string;
  readonly device_type: string;
  readonly device_version: string | null;
  readonly description: string;
  readonly physical_owner: number | null;
  readonly physical_group: number | null;
  readonly state: DeviceState;
  readonly health: DeviceHealth;
  readonly worker: string | null;
  readonly last_health_job: number | null;
  readonly is_synced: boolean;
}

export type DocumentKind = "device" | "devicetype" | "health-check" | "dispatcher" | "env" | "env-dut";

export interface DocumentRow {
  readonly id: number;
  readonly kind: DocumentKind;
  readonly name: string;
  readonly revision: number;
  readonly text: string | null;
  readonly current: boolean;
  readonly author: string;
  readonly reason: string;
  readonly created_on: Date;
}

export interface JobRow {
  readonly id: number;
  readonly sub_id: string | null;
  readonly target_group: string | null;
  readonly role: string | null;
  readonly essential: boolean;
  readonly host_role: string | null;
  readonly submitter: number;
  readonly is_public: boolean;
  readonly description: string;
  readonly health_check: boolean;
  readonly requested_device_type: string | null;
  readonly requested_device: string | null;
  readonly requested_worker: string | null;
  readonly actual_device: string | null;
  readonly worker: string | null;
  readonly tags: readonly string[];
  readonly submit_time: Date;
  readonly start_time: Date | null;
  readonly end_time: Date | null;
  readonly state: JobState;
  readonly health: JobHealth;
  readonly priority: number;
  readonly definition: string;
  readonly original_definition: string;
  readonly multinode_definition: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly queue_timeout: number | null;
  readonly failure_comment: string;
  readonly error_type: string | null;
  readonly error_code: string | null;
  readonly error_msg: string | null;
  readonly compatibility: number | null;
  readonly waits_for: string | null;
  readonly device_config: string | null;
  readonly log_lines: number;
  readonly log_sealed: boolean;
  readonly log_server: string | null;
  readonly resubmit_of: number | null;
}

export interface TestCaseRow {
  readonly id: number;
  readonly suite_id: number;
  readonly set_id: number | null;
  readonly name: string;
  readonly result: "pass" | "fail" | "skip" | "unknown";
  readonly measurement: string | null;
  readonly units: string;
  readonly metadata: string;
  readonly start_log_line: number | null;
  readonly end_log_line: number | null;
  readonly log_line: number | null;
  readonly logged: Date;
}

export interface LogEntryRow {
  readonly id: number;
  readonly at: Date;
  readonly author: string;
  readonly kind:
    | "job"
    | "device"
    | "devicetype"
    | "worker"
    | "user"
    | "group"
    | "token"
    | "tag"
    | "document"
    | "server";
  readonly object: string;
  readonly message: string;
}
