import { common, flag, type JsonSchema, text, textOrTexts, texts, when } from "./json-schema.js";

// Sections 1.2 to 1.5 of lava-dispatcher.md. Names in brackets are the spec's shorthands.

const units = ["days", "hours", "minutes", "seconds"] as const;
const unit = (name: string): JsonSchema => ({ type: "number", minimum: 1, description: `Number of ${name}.` });
const imageName = "^[a-z0-9]+[a-z0-9._/:-]*[a-z0-9]+(:[a-zA-Z0-9_]+[a-zA-Z0-9._-]*)?$";

const timeoutProperties = {
  ...Object.fromEntries(units.map((name) => [name, unit(name)])),
  skip: flag("Go on with the job's next block when this time is over."),
};

const timeout: JsonSchema = {
  type: "object",
  title: "timeout",
  description: "A span of time: one of days, hours, minutes, seconds.",
  examples: [{ minutes: 5 }],
  properties: timeoutProperties,
  anyOf: units.map((name) => ({ required: [name] })),
  "x-expected": "one unit of time, such as {minutes: 5}",
  "x-strict": {
    type: "object",
    title: "timeout",
    description: "A span of time: exactly one of days, hours, minutes, seconds.",
    properties: timeoutProperties,
    oneOf: units.map((name) => ({ required: [name] })),
  },
};

const url: JsonSchema = {
  type: "object",
  title: "URL",
  description: "A file to download.",
  examples: [{ url: "https://example.com/rootfs.ext4.gz", compression: "gz" }],
  required: ["url"],
  properties: {
    url: text("Where the file is: http, https, file, scp, rclone or downloads."),
    headers: { type: "object", description: "HTTP headers to send.", additionalProperties: { type: "string" } },
    compression: { enum: ["bz2", "gz", "xz", "zip", "zstd", null], description: "How the file is compressed." },
    archive: { enum: ["tar"], description: "The file is an archive that is to be unpacked." },
    md5sum: text("Expected MD5 of the file as downloaded."),
    sha256sum: text("Expected SHA-256 of the file as downloaded."),
    sha512sum: text("Expected SHA-512 of the file as downloaded."),
    use_cache: flag("Whether the file may come from a cache."),
  },
};

const overlays: JsonSchema = {
  type: "object",
  description:
    "What is put into the file: `lava` (the tests' overlay), or files and archives by a name of your choice.",
  properties: { lava: flag("Put the tests' overlay in.") },
  additionalProperties: {
    $ref: "basalt:common#/$defs/url",
    required: ["url", "format", "path"],
    properties: {
      format: { enum: ["file", "tar"], description: "Whether the overlay is one file or an archive to unpack." },
      path: text("Where in the image it goes."),
    },
  },
};

const extendedUrl: JsonSchema = {
  $ref: "basalt:common#/$defs/url",
  title: "URL with overlays",
  description: "A file to download that other files can be put into.",
  allOf: [
    when(
      { required: ["overlays"] },
      {
        required: ["format"],
        properties: {
          format: { enum: ["cpio.newc", "ext4", "tar"], description: "What the file is." },
          overlays,
          partition: { type: "integer", description: "Number of the partition that gets the overlays." },
          sparse: flag("The image is an Android sparse image."),
          overlay_backend: common("overlayBackend"),
        },
      },
    ),
  ],
};

const docker: JsonSchema = {
  type: "object",
  title: "container",
  description: "A container to run in.",
  examples: [{ image: "debian:bookworm" }],
  anyOf: [{ required: ["image"] }, { required: ["name"] }],
  "x-expected": "the name of a container image, as in {image: debian:bookworm}",
  properties: {
    image: text("Name of the image.", { pattern: imageName }),
    name: text("Name of the image.", { pattern: imageName }),
    local: flag("Use the image of this machine; pull nothing."),
    container_name: text("Name of the container."),
    network_from: text("Namespace whose container's network is shared."),
    login: {
      type: "object",
      description: "The registry's account.",
      required: ["registry", "user", "password"],
      properties: {
        registry: text("Name of the registry."),
        user: text("Name of the account."),
        password: text("Password of the account."),
      },
    },
  },
};

const prompts: JsonSchema = {
  title: "prompts",
  description: "Shell prompts to wait for: one, or a list. Python regular expressions.",
  examples: [["root@debian:~#"]],
  anyOf: [
    { type: "string", minLength: 1 },
    { type: "array", items: { type: "string", minLength: 1 } },
  ],
  "x-expected": "a prompt or a list of prompts, none of them empty",
};

const autoLogin: JsonSchema = {
  type: "object",
  title: "login",
  description: "How to log in.",
  examples: [{ login_prompt: "login:", username: "root" }],
  required: ["login_prompt", "username"],
  dependentRequired: { password_prompt: ["password"], password: ["password_prompt"] },
  properties: {
    login_prompt: text("What the board asks before a name is typed. A Python regular expression."),
    username: text("Name to log in as."),
    password_prompt: text("What the board asks before the password is typed."),
    password: text("Password."),
    login_commands: texts("Commands typed after the login, before the shell's prompt is waited for."),
  },
};

const transferOverlay: JsonSchema = {
  type: "object",
  title: "overlay transfer",
  description: "How the board gets the overlay once it runs.",
  examples: [{ download_command: "wget", unpack_command: "tar -C / -xzf" }],
  required: ["unpack_command"],
  properties: {
    download_command: text("Command that downloads the URL appended to it."),
    unpack_command: text("Command that unpacks the file appended to it."),
    transfer_method: text(
      "`http`, which is the default. LAVA's `nfs` and `zmodem` are refused before anything is switched on.",
    ),
  },
  if: { required: ["transfer_method"], properties: { transfer_method: { const: "zmodem" } } },
  else: { required: ["download_command"] },
};

/** The definitions plugins may refer to, as `basalt:common#/$defs/NAME`. */
export const blockDefs: Readonly<Record<string, JsonSchema>> = {
  timeout,
  namedTimeouts: { type: "object", description: "Timeouts by action name.", additionalProperties: common("timeout") },
  url,
  extendedUrl,
  overlayBackend: { enum: ["auto", "e2fsprogs", "guestfs"], description: "Tool that puts overlays into images." },
  docker,
  prompts,
  autoLogin,
  transferOverlay,
  commands: textOrTexts("Commands, or the name of a list of commands of the device."),
  useBootscript: flag("Send the commands as a script that the bootloader fetches."),
};

const namespaceName = (description: string): JsonSchema => text(description);

/** Keys every block may have (1.2). */
export const blockKeys: Readonly<Record<string, JsonSchema>> = {
  namespace: namespaceName("Name that keeps this block's data and connection apart from those of other namespaces."),
  "connection-namespace": namespaceName("Namespace whose connection this block uses."),
  protocols: {
    description: "Calls to a protocol, before the actions they name.",
    examples: [{ "lava-multinode": [{ action: "prepare-scp-overlay", request: "lava-wait", messageID: "ipv4" }] }],
  },
  role: {
    anyOf: [{ type: "array", items: { type: "string" } }, { type: "string" }],
    description: "MultiNode: roles that run this block.",
    "x-expected": "a list of roles",
  },
  timeout: common("timeout", "Time for the block; all actions in it inherit it."),
  timeouts: common("namedTimeouts", "Timeouts of actions of this block, by name. They win over all others."),
  repeat: { type: "number", minimum: 1, description: "Run the block this often, whatever the results." },
  failure_retry: { type: "number", minimum: 1, description: "Try the block at most this often, until it works." },
  failure_retry_interval: { type: "number", minimum: 1, description: "Seconds between attempts.", default: 1 },
};

/** Keys of all blocks of a section (1.4, 1.5). A method's own schema may redefine one. */
export const sectionKeys: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> = {
  deploy: {
    to: text("Method of the deployment."),
    os: text("Operating system that is deployed: decides which shell and paths the tests get."),
    authorize: { enum: ["ssh"], description: "Put a key for SSH into the overlay." },
    overlay_backend: common("overlayBackend"),
  },
  boot: {
    method: text("Method to boot with."),
    parameters: {
      type: "object",
      description: "Messages that replace the device's.",
      properties: {
        "bootloader-final-message": text("Last message of the bootloader."),
        "kernel-start-message": text("First message of the kernel."),
        "shutdown-message": text("Message of a system that goes down."),
      },
    },
    soft_reboot: textOrTexts("Commands that reboot the board from its shell, instead of a reset."),
    ignore_kernel_messages: flag("Do not fail on the kernel's complaints."),
  },
  test: {},
  command: {},
};
