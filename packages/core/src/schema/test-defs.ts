import { common, discriminate, flag, type JsonSchema, text, texts } from "./json-schema.js";

// Section 1.6 of lava-dispatcher.md.

const dict = (description: string): JsonSchema => ({ type: "object", description, additionalProperties: true });

const fixupdict: JsonSchema = {
  type: "object",
  description: "Which result a word of the output stands for.",
  examples: [{ PASS: "pass", FAIL: "fail" }],
  additionalProperties: { enum: ["pass", "fail", "skip", "unknown"] },
};

const gitRepository: JsonSchema = {
  anyOf: [
    { type: "string" },
    {
      type: "object",
      required: ["url"],
      properties: {
        url: text("URL of the repository."),
        branch: text("Branch to check out."),
        destination: text("Folder to clone into."),
      },
    },
  ],
};

/** A test definition: a file of its own, or the `repository` of an inline one. */
const testDefinition: JsonSchema = {
  type: "object",
  title: "test definition",
  description: "The steps of a test.",
  required: ["metadata", "run"],
  properties: {
    metadata: {
      type: "object",
      description: "What the test is.",
      required: ["format", "name"],
      properties: {
        format: { const: "Lava-Test Test Definition 1.0", description: "Format of the definition." },
        name: text("Name of the test."),
        description: text("What the test does."),
        version: { description: "Version of the definition." },
        environment: texts("Environments it runs in."),
        devices: texts("Device types it is meant for."),
        maintainer: texts("Who looks after it."),
        scope: texts("What it is about."),
        os: texts("Operating systems it runs on."),
      },
    },
    install: {
      type: "object",
      description: "What is installed on the board first.",
      properties: {
        deps: texts("Packages."),
        "git-repos": {
          type: "array",
          items: gitRepository,
          description: "Repositories cloned into the test's folder.",
        },
        keys: texts("Keys of package sources."),
        steps: texts("Commands."),
        sources: texts("Package sources."),
      },
      patternProperties: { "^deps-": texts("Packages for the distribution of that name.") },
    },
    parameters: dict("Shell variables of the steps, with their defaults."),
    params: dict("Older name of parameters."),
    parse: {
      type: "object",
      description: "How results are read from the output.",
      properties: {
        fixupdict,
        pattern: text("Python regular expression with the groups test_case_id and result.", {
          "x-strict": { not: {} },
        }),
      },
    },
    run: {
      type: "object",
      description: "What is run.",
      required: ["steps"],
      properties: { steps: texts("Shell commands.") },
    },
    expected: common("expected"),
  },
};

const sourceKeys = {
  git: {
    repository: text("URL of the repository."),
    branch: text("Branch to check out."),
    revision: text("Commit to check out."),
    history: flag("Keep the repository's history for the test."),
    recursive: flag("Fetch submodules too."),
    shallow: flag("Clone the last commit only. Not together with revision.", { "x-strict": { not: {} } }),
  },
  url: {
    repository: text("URL of an archive."),
    compression: { enum: ["bz2", "gz", "xz", "zip", "zstd", null], description: "How the archive is compressed." },
    "strip-components": { type: "integer", description: "Leading folders to drop from the archive's paths." },
    headers: { type: "object", description: "HTTP headers to send.", additionalProperties: { type: "string" } },
  },
  inline: { repository: common("testDefinition", "The test definition itself.") },
} as const satisfies Record<string, Record<string, JsonSchema>>;

const parameters = {
  parameters: dict("Shell variables for the steps, in place of the definition's defaults."),
  params: dict("Older name of parameters."),
};

const definition: JsonSchema = {
  type: "object",
  title: "definition of a test",
  ...discriminate("from", {
    git: { required: ["repository"], properties: { ...sourceKeys.git, ...parameters } },
    url: { required: ["repository"], properties: { ...sourceKeys.url, ...parameters } },
    inline: { required: ["repository"], properties: { ...sourceKeys.inline, ...parameters } },
  }),
  required: ["from", "path", "name"],
  properties: {
    from: { enum: ["git", "url", "inline"], description: "Where the definition comes from." },
    path: text("Path of the definition in the repository; for an inline one, the name it is stored under."),
    name: text("Name of the test suite.", { pattern: "^[-_a-zA-Z0-9.]+$", "x-expected": "letters, digits, - and _" }),
    skip_install: {
      type: "array",
      items: { enum: ["keys", "sources", "deps", "steps", "git-repos", "all"] },
      description: "Parts of install that are left out.",
    },
    "lava-signal": { enum: ["kmsg", "stdout"], description: "Where the helpers write their signals." },
    expected: common("expected"),
  },
};

const service: JsonSchema = {
  type: "object",
  title: "service",
  ...discriminate("from", {
    git: {
      properties: {
        branch: sourceKeys.git.branch,
        history: sourceKeys.git.history,
        revision: sourceKeys.git.revision,
        recursive: sourceKeys.git.recursive,
      },
    },
    url: { properties: { compression: sourceKeys.url.compression, headers: sourceKeys.url.headers } },
  }),
  required: ["from", "name", "repository", "path"],
  properties: {
    from: { enum: ["git", "url"], description: "Where the compose file comes from." },
    name: text("Name of the service."),
    repository: text("URL of the repository or archive."),
    path: text("Path of the compose file."),
    service: text("Service of the compose file to start."),
  },
};

/** Parts of test blocks that plugins may refer to, as `basalt:common#/$defs/NAME`. */
export const testDefs: Readonly<Record<string, JsonSchema>> = {
  expected: texts("Names of the test cases that must report; a missing one fails."),
  fixupdict,
  testDefinition,
  definitions: { type: "array", items: definition, description: "Test definitions to run, in this order." },
  services: { type: "array", items: service, description: "Services to start on the worker." },
};
