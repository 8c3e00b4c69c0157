import { defineAction } from "../plan/action.js";

/** Reads what is still waiting on all open consoles, so that the log has it. */
export const readFeedback = defineAction({
  name: "read-feedback",
  summary: "read what the consoles still have to say",
  async run(_input, { job, signal }) {
    for (const [, console] of job.consoles.entries()) await console.drain({ signal, forMs: 20 });
  },
});
