import { acceptIf, asList, definePlugin, defineStrategy, dig, sequence } from "@basalt/core";
import { servicesSchema } from "./schema.js";
import { servicePlan } from "./test-service.js";

/** `test: {services: [...]}` (lava-dispatcher.md 7.3). */
export const services = defineStrategy({
  section: "test",
  method: "services",
  schema: servicesSchema,
  traits: () => ({ needsOverlay: false, needsDeploymentData: false, hasShell: false }),
  accepts: ({ device }) =>
    acceptIf(
      dig(device.dictionary, "parameters", "allow_test_services") === true,
      "the device does not allow test services: parameters.allow_test_services is not true",
    ),
  plan: (request) =>
    sequence(
      "lava-test-services",
      ...asList(request.params.services).map((service, index) => servicePlan(service, index, request)),
    ),
});

export default definePlugin({ name: "@basalt/actions-test-services", strategies: [services] });
