import { powerOff } from "../actions/power.js";
import { readFeedback } from "../actions/read-feedback.js";
import type { Device } from "../device/device.js";
import { type PlanNode, sequence } from "./plan-node.js";

/** What ends every job: the board off, its consoles drained and closed. */
export const finalizePlan = (_device: Device): PlanNode => sequence("finalize", powerOff, readFeedback);
