import { bootFiles } from "./boot.mjs";
import { connectionFiles } from "./connection.mjs";
import { deployFiles } from "./deploy.mjs";
import { powerFiles } from "./power.mjs";
import { testFiles } from "./test.mjs";

/**
 * What can be made: the package's prefix, the manifest's kind and the names in it, whether actions-common is used, and the files
 * (path to text) that are the section's own.
 */
export const sections = {
  deploy: { prefix: "actions-deploy-", kind: "deploy", actions: true, what: "Deploy method", files: deployFiles },
  boot: { prefix: "actions-boot-", kind: "boot", actions: true, what: "Boot method", files: bootFiles },
  // the kinds of test are LAVA's: a plugin takes over blocks of one of them
  test: { prefix: "actions-test-", kind: "test", method: "definitions", actions: true, what: "Test", files: testFiles },
  power: { prefix: "power-", kind: "power", actions: false, what: "Power driver", files: powerFiles },
  connection: {
    prefix: "connection-",
    kind: "connections",
    actions: false,
    what: "Connection driver",
    files: connectionFiles,
  },
};
