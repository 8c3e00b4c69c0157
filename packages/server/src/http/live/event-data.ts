import type { DeviceNotice, JobNotice, WorkerNotice } from "../../jobs/channels.js";
import type { Asker, DeviceView, JobView, ListQuery, Page, Services } from "../../services/types.js";

/** What the database tells. */
export type Event =
  | { readonly topic: "testjob"; readonly notice: JobNotice }
  | { readonly topic: "device"; readonly notice: DeviceNotice }
  | { readonly topic: "worker"; readonly notice: WorkerNotice };

/** What an event says to somebody, and by whom it came about. */
interface Said {
  readonly user: string;
  readonly data: object;
}

const server = "lavaserver";

/** Those of a list that the asker may see. Names of devices and workers have no commas. */
async function seen<View, Key>(
  list: (query: ListQuery & { readonly all: true }) => Promise<Page<View>>,
  { field, values, keyOf }: { field: string; values: readonly Key[]; keyOf(view: View): Key },
): Promise<ReadonlyMap<Key, View>> {
  const wanted = [...new Set(values)];
  if (wanted.length === 0) return new Map();
  const filters = [{ field: [field], lookup: "in", value: wanted.join(",") }];
  const { items } = await list({ filters, limit: wanted.length, all: true });
  return new Map(items.map((view) => [keyOf(view), view]));
}

/** Data of a job's event (spec 7.3, 11.3): keys that have no value are left out. */
function jobData(job: JobView, notice: JobNotice): object {
  const optional = {
    sub_id: job.sub_id,
    device: notice.device,
    worker: notice.worker,
    device_type: job.requested_device_type,
    start_time: job.start_time,
    end_time: job.end_time,
  };
  return {
    health: notice.health,
    state: notice.state,
    job: job.id,
    description: job.description,
    priority: job.priority,
    submit_time: job.submit_time,
    submitter: job.submitter,
    health_check: job.health_check,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
  };
}

function deviceData({ device_type, worker, current_job }: DeviceView, { name, state, health }: DeviceNotice): object {
  return { health, state, device: name, device_type, worker, ...(current_job === null ? {} : { job: current_job }) };
}

/** Looks up at once what some events are about: no more than three queries, however many there are. Gives nothing of what the asker may not see. */
export async function lookUp(
  { jobs, devices, workers }: Services,
  asker: Asker,
  events: readonly Event[],
): Promise<(event: Event) => Said | undefined> {
  const ids = events.flatMap((event) => (event.topic === "testjob" ? [event.notice.id] : []));
  const namesOf = (topic: "device" | "worker"): readonly string[] =>
    events.flatMap((event) => (event.topic === topic ? [event.notice.name] : []));
  const name = <View extends { readonly name: string }>(view: View): string => view.name;
  const [seenJobs, seenDevices, seenWorkers] = await Promise.all([
    seen((query) => jobs.list(asker, query), { field: "id", values: ids, keyOf: ({ id }) => id }),
    seen((query) => devices.list(asker, query), { field: "name", values: namesOf("device"), keyOf: name }),
    seen((query) => workers.list(asker, query), { field: "name", values: namesOf("worker"), keyOf: name }),
  ]);
  return (event) => {
    if (event.topic === "testjob") {
      const job = seenJobs.get(event.notice.id);
      return job && { user: job.submitter, data: jobData(job, event.notice) };
    }
    if (event.topic === "device") {
      const device = seenDevices.get(event.notice.name);
      return device && { user: server, data: deviceData(device, event.notice) };
    }
    const { name: hostname, health, state } = event.notice;
    return seenWorkers.has(hostname) ? { user: server, data: { hostname, health, state } } : undefined;
  };
}
