/** A device as lists show it. */
export interface DeviceRowView {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly state: string;
  readonly health: string;
  readonly worker: string | null;
  readonly tags: readonly string[];
  readonly job: number | null;
}

export const deviceStates = ["Idle", "Reserved", "Running"] as const;
export const deviceHealths = ["Good", "Unknown", "Looping", "Bad", "Maintenance", "Retired"] as const;
