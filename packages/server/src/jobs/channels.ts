/** Channels of NOTIFY, by which the server processes of one database hear of changes. Payloads are JSON. */
export const channels = {
  /** {@link JobNotice} */
  jobs: "basalt_jobs",
  /** {@link DeviceNotice} */
  devices: "basalt_devices",
  /** {@link WorkerNotice} */
  workers: "basalt_workers",
  /** Empty: something happened that may let a job begin. */
  schedule: "basalt_schedule",
  /** {@link DocumentNotice} */
  documents: "basalt_documents",
  /** {@link LogNotice} */
  logs: "basalt_logs",
  /** Empty: people, groups, tokens or rights are not what they were. */
  people: "basalt_people",
} as const;

export interface JobNotice {
  readonly id: number;
  readonly state: string;
  readonly health: string;
  readonly device: string | null;
  readonly worker: string | null;
}

export interface DeviceNotice {
  readonly name: string;
  readonly state: string;
  readonly health: string;
}

export interface WorkerNotice {
  readonly name: string;
  readonly state: string;
  readonly health: string;
}

export interface DocumentNotice {
  readonly kind: string;
  readonly name: string;
  readonly revision: number;
}

export interface LogNotice {
  readonly job: number;
  /** Lines there are now. */
  readonly lines: number;
}
