import { powerFacts } from "../device/power-facts.js";
import { defineAction } from "../plan/action.js";
import { PowerToken } from "../services/power.js";

/** Switches the device off. Does nothing where the device has no way to. Blames the lab when it fails. */
export const powerOff = defineAction({
  name: "power-off",
  summary: "switch the device off",
  needs: { power: PowerToken },
  blameOnTimeout: "infrastructure",
  async run({ power }, { signal, log, job }) {
    if (powerFacts(job.device).off) await power.off({ signal, log });
  },
});
