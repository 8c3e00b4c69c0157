import type { VNode } from "preact";
import { type Fact, Facts } from "../facts.js";
import { deviceHref, jobHref, jobsHref, typeHref, workerHref } from "../links.js";
import { Section } from "../section.js";
import { Badge, duration, jobWord, priorityWord, Time } from "../words.js";
import { tookOf } from "./job-cells.js";
import type { JobDetails } from "./job-view.js";

/** How long ago, and when. */
const When = ({ at }: { readonly at: Date }): VNode => (
  <>
    <Time at={at} />
    <span class="exact">
      <Time at={at} exact />
    </span>
  </>
);

/** Where, when, for whom and how urgently a job runs. */
export function JobFacts({ job, now }: { readonly job: JobDetails; readonly now: Date }): VNode {
  const { device, deviceType, worker, submitter, submitted, started, ended } = job;
  const facts: readonly Fact[] = [
    ["Device", device !== null && <a href={deviceHref(device)}>{device}</a>],
    ["Device type", deviceType !== null && <a href={typeHref(deviceType)}>{deviceType}</a>],
    ["Worker", worker !== null && <a href={workerHref(worker)}>{worker}</a>],
    ["Role", job.role ?? false],
    ["Submitter", <a href={jobsHref({ submitter })}>{submitter}</a>],
    ["Submitted", <When at={submitted} />],
    ["Started", started !== null && <When at={started} />],
    ["Ended", ended !== null && <When at={ended} />],
    [
      started === null && ended === null ? "Waiting" : "Waited",
      duration((started ?? ended ?? now).getTime() - submitted.getTime()),
    ],
    [ended === null ? "Running" : "Took", tookOf(job, now)],
    ["Priority", priorityWord(job.priority)],
    ["Visibility", job.visibility],
    ["Tags", job.tags.join(", ")],
    ["Failure tags", job.failureTags.join(", ")],
    ["Comment", job.error === undefined && job.comment],
    ["Resubmitted from", job.resubmitOf !== null && <a href={jobHref(job.resubmitOf)}>job {job.resubmitOf}</a>],
  ];
  return <Facts facts={facts} />;
}

/** The other jobs of its MultiNode group. */
export function Group({ group }: JobDetails): VNode | null {
  if (group.length === 0) return null;
  return (
    <Section id="group" title="Group">
      <ul class="group">
        {group.map((member) => (
          <li key={member.id}>
            <a class="id" href={jobHref(member.id)}>
              {member.id}
            </a>{" "}
            {member.role} <Badge word={jobWord(member)} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
