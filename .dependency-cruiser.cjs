// The arrows of the design (docs/explanation/house.md): which package may import which. Run by `npm run arrows`;
// tools/arrows/arrows.test.ts shows that every rule here bites.

/** Package (a pattern of its folder's name) and the packages it may import. The first row that matches counts. */
const arrows = [
  ["core", []],
  ["jinja", []],
  ["plugin-loader", ["core"]],
  ["device-types", ["core", "jinja"]],
  ["host", ["core"]],
  ["testing", ["core"]],
  ["actions-common", ["core"]],
  ["actions-(?!common/)[^/]+", ["core", "actions-common"]],
  ["(?:power|connection)-[^/]+", ["core"]],
  ["link", ["core"]],
  ["worker", ["core", "host", "link", "plugin-loader"]],
  ["server", ["core", "device-types", "jinja", "link", "plugin-loader", "web"]],
  ["web", []],
  ["cli", ["(?!cli/)[^/]+"]],
];

/** Tests, and what they share: never built, and imported by nothing else. */
const test = "(?:\\.test(-d)?\\.tsx?$|\\bsrc/(?:testing|e2e)/)";
const plugin = "^packages/(?:actions|power|connection)-[^/]+/";
const withContainer = "^packages/(?:server|worker|cli)/";

/** One rule per row: what is not its own package and not on its list may not be imported. */
const arrowRules = arrows.flatMap(([from, allowed]) => {
  const own = `^packages/(${from})/`;
  const rule = (name, fromPath, targets) => ({
    name,
    severity: "error",
    comment: `${from.replace(/\(.*/, "*")} may import ${targets.join(", ") || "no other package"}`,
    from: fromPath,
    to: { path: "^packages/", pathNot: ["^packages/$1/", ...targets.map((target) => `^packages/${target}/`)] },
  });
  const label = from.replace(/[^a-z-]+.*$/, "").replace(/-$/, "") || "drivers";
  return [
    rule(`arrow-${label}`, { path: own, pathNot: test }, allowed),
    rule(`arrow-${label}-tests`, { path: `${own}.*${test}` }, [...allowed, "testing"]),
  ];
});

module.exports = {
  forbidden: [
    ...arrowRules,
    {
      name: "package-without-arrow",
      severity: "error",
      comment: "a new kind of package needs its row in .dependency-cruiser.cjs and in the design",
      from: { path: "^packages/[^/]+/", pathNot: arrows.map(([from]) => `^packages/${from}/`) },
      to: {},
    },
    {
      name: "one-plugin-one-island",
      severity: "error",
      comment: "a plugin imports no plugin but actions-common",
      from: { path: "^packages/((?:actions|power|connection)-[^/]+)/" },
      to: { path: plugin, pathNot: ["^packages/$1/", "^packages/actions-common/"] },
    },
    {
      name: "through-the-door",
      severity: "error",
      comment: "packages import each other by name, through what their `exports` list, never by a path",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/", pathNot: "^packages/$1/", dependencyTypes: ["local"] },
    },
    {
      name: "core-is-pure",
      severity: "error",
      comment: "core has no network, disk or process",
      from: { path: "^packages/core/src/", pathNot: test },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "testing-for-tests",
      severity: "error",
      comment: "what tests share in src/testing and src/e2e is not built: only tests may import it",
      from: { path: "^packages/", pathNot: test },
      to: { path: "^packages/[^/]+/src/(?:testing|e2e)/" },
    },
    {
      name: "plugins-ask-for-services",
      severity: "error",
      comment: "a plugin reaches disk and processes through core's tokens, so that it can be tested without them",
      from: { path: plugin, pathNot: test },
      to: { dependencyTypes: ["core"], path: "^(?:node:)?(?:fs|child_process)(?:/|$)" },
    },
    {
      name: "actions-open-no-sockets",
      severity: "error",
      comment: "the network is the business of power and connection drivers, whose tests talk to a local server",
      from: { path: "^packages/actions-[^/]+/", pathNot: test },
      to: { dependencyTypes: ["core"], path: "^(?:node:)?(?:net|tls|http|https|http2|dgram)(?:/|$)" },
    },
    {
      name: "tsyringe-at-the-root",
      severity: "error",
      comment:
        "dependency injection is for server, worker and cli (their container.ts and what it builds); a plugin never sees it",
      from: { pathNot: withContainer },
      to: { path: "(?:^|/)tsyringe(?:/|$)" },
    },
    {
      name: "nothing-imports-cli",
      severity: "error",
      from: { path: "^packages/", pathNot: "^packages/cli/" },
      to: { path: "^packages/cli/" },
    },
    {
      name: "simulated-board-on-request",
      severity: "error",
      comment: "cli loads testing's simulated board only when asked for it: await import()",
      from: { path: "^packages/cli/", pathNot: test },
      to: { path: "^packages/testing/", dynamic: false, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-circle",
      severity: "error",
      // jinja's grammar is recursive, and so are the functions that parse and compile it; none of them runs while loading.
      comment: "types may know each other; code may not load in a circle",
      from: { path: "^packages/", pathNot: "^packages/jinja/src/(?:syntax|compile|runtime|methods)/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "declared",
      severity: "error",
      comment: "what a package imports stands in its own package.json",
      from: { path: "^packages/[^/]+/src/", pathNot: test },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "resolvable",
      severity: "error",
      from: { path: "^packages/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(?:^|/)(?:dist|fixtures)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@basalt/source", "import", "node", "default", "types"],
    },
  },
};
