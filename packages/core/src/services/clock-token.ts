import type { Clock } from "../clock.js";
import { token } from "../token.js";

/** The clock, for services and drivers that outlive an action; actions have it in their context. */
export const ClockToken = token<Clock>("Clock");
