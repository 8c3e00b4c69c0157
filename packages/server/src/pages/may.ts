import type { JobIdentity, Rights } from "../people/rights.js";
import type { Asker, JobView } from "../services/types.js";

/** A job as the rules see it, from what its view tells. */
function identity(job: JobView, asker: Asker): JobIdentity {
  return {
    // names of people are unique, and only the asker's own is asked for
    submitter: asker !== undefined && job.submitter === asker.username ? asker.id : -1,
    is_public: job.visibility === "Public",
    viewingGroups: job.viewing_groups.map(({ id }) => id),
    device:
      job.actual_device === null
        ? undefined
        : { name: job.actual_device, device_type: job.requested_device_type ?? "" },
    requested_device_type: job.requested_device_type,
  };
}

/** Which buttons a job's page has. Services decide again when one is pressed. */
export const mayWithJob = (rights: Rights, asker: Asker, job: JobView) => ({
  cancel: rights.mayCancelJob(asker, identity(job, asker)),
  resubmit: rights.mayResubmitJob(asker, identity(job, asker)),
});
