/** The plugins that come with the command, and how each is imported: only those that a job needs are. */
export const builtinPlugins: Readonly<Record<string, () => Promise<unknown>>> = {
  "@basalt/actions-deploy-images": () => import("@basalt/actions-deploy-images"),
  "@basalt/actions-boot-qemu": () => import("@basalt/actions-boot-qemu"),
  "@basalt/actions-boot-minimal": () => import("@basalt/actions-boot-minimal"),
  "@basalt/actions-test-shell": () => import("@basalt/actions-test-shell"),
  "@basalt/actions-test-interactive": () => import("@basalt/actions-test-interactive"),
  "@basalt/actions-test-monitor": () => import("@basalt/actions-test-monitor"),
  "@basalt/actions-command": () => import("@basalt/actions-command"),
  "@basalt/connection-command": () => import("@basalt/connection-command"),
  "@basalt/power-command": () => import("@basalt/power-command"),
};
