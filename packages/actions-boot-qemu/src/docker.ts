import { type ActionContext, asText, type JsonObject } from "@basalt/core";

/** The same QEMU in a container: host network, the job's folder where it is, /dev/kvm and /dev/net/tun (lava-dispatcher.md 7.3). */
export function inDocker(argv: readonly string[], docker: JsonObject, ctx: ActionContext): readonly string[] {
  const image = asText(docker.image) ?? asText(docker.name) ?? "";
  const name = asText(docker.container_name) ?? `lava-docker-qemu-${ctx.job.id}-${ctx.level}`;
  const folders = [...new Set(argv.flatMap((arg) => /(?:^|[=,])(\/[^,]+)\/[^/,]+(?:,|$)/.exec(arg)?.[1] ?? []))];
  return [
    ...["docker", "run", "--rm", "--interactive", "--tty", "--hostname", "lava", "--name", name],
    ...["--network=host", "--cap-add=NET_ADMIN", "--device=/dev/kvm", "--device=/dev/net/tun"],
    ...(docker.local === true ? ["--pull=never"] : []),
    ...folders.flatMap((folder) => ["--mount", `type=bind,source=${folder},destination=${folder}`]),
    image,
    ...argv,
  ];
}
