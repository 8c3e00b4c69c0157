import { toBasaltError } from "@basalt/core";
import { type JobFilters, jobsPage } from "@basalt/web";
import type { Filter } from "../../services/types.js";
import { fieldsOf, filter, pagedHref } from "../list-query.js";
import { get, numberIn, type PageRequest, type PageRoute } from "../page-request.js";
import { jobRow } from "./views.js";

const perPage = 50;

/** States of jobs that have a device, or are about to. */
export const activeStates = "Scheduling,Scheduled,Running,Canceling";

function filtersOf({ state, health, type, device, submitter, text }: JobFilters): readonly Filter[] {
  return [
    ...(state === "active" ? filter("state", "in", activeStates) : filter("state", "exact", state)),
    ...filter("health", "exact", health),
    ...filter("requested_device_type", "exact", type),
    ...filter("actual_device", "exact", device),
    ...filter("submitter__username", "exact", submitter),
    ...filter("description", "icontains", text),
  ];
}

async function showJobs({ services, asker, frame, query, clock }: PageRequest) {
  const of = fieldsOf(query);
  const filters: JobFilters = {
    state: of("state"),
    health: of("health"),
    type: of("type"),
    device: of("device"),
    submitter: of("submitter"),
    text: of("text"),
  };
  const offset = numberIn(query, "offset", { otherwise: 0 });
  const shared = { filters, now: new Date(clock.now()) };
  const pager = { offset, limit: perPage, href: pagedHref("/jobs", query) };
  try {
    const { count, items } = await services.jobs.list(asker, { filters: filtersOf(filters), limit: perPage, offset });
    return {
      html: jobsPage(frame, { ...shared, jobs: items.map(jobRow), pager: { ...pager, count } }),
    };
  } catch (error) {
    const { message, details } = toBasaltError(error);
    if (details.status !== 400) throw error;
    const none = { ...pager, count: 0, offset: 0 };
    return { status: 400, html: jobsPage(frame, { ...shared, jobs: [], pager: none, problem: message }) };
  }
}

/** All jobs. */
export const listRoutes: readonly PageRoute[] = [get("/jobs", showJobs)];
