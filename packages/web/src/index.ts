export { type Asset, readAssets } from "./assets.js";
export type { Mark } from "./code-block.js";
export { type ErrorView, errorPage } from "./error-page.js";
export type { Frame } from "./frame.js";
export { fragment } from "./frame.js";
export { type DefinitionView, definitionPage } from "./job/definition-page.js";
export { type JobPageView, jobPage, jobParts } from "./job/job-page.js";
export type { JobDetails, JobRowView } from "./job/job-view.js";
export { type JobFilters, type JobsView, jobsPage } from "./job/jobs-page.js";
export { type CaseRow, type ResultsView, resultsPage, type SuiteSummary } from "./job/results.js";
export { type SubmitCheck, type SubmitView, submitPage } from "./job/submit-page.js";
export type { StepState, TimelineStep, TimelineView } from "./job/timeline.js";
export {
  type DevicePageView,
  type DeviceRowView,
  type DevicesView,
  devicePage,
  devicesPage,
} from "./lab/devices-page.js";
export type { HistoryEntry } from "./lab/history.js";
export { type HomeView, homePage, homeParts, type RunningJobView } from "./lab/home-page.js";
export { type TypeView, typesPage } from "./lab/types-page.js";
export { type WorkerRowView, workersPage } from "./lab/workers-page.js";
export { logPage } from "./log/log-page.js";
export type { LogPanelView } from "./log/log-panel.js";
export { type LogLine, logLevels, logRows } from "./log/log-rows.js";
export type { PagerView } from "./pager.js";
export { type LoginView, loginPage } from "./people/login-page.js";
export { type MeView, mePage } from "./people/me-page.js";
