/** How tests run on an operating system: what a deploy block's `os` chooses (lava-dispatcher.md 3.12). */
export interface DeploymentData {
  readonly distro?: string;
  readonly lava_test_sh_cmd?: string;
  readonly lava_test_results_dir?: string;
  /** null: the system has no start-up file for shells. */
  readonly lava_test_shell_file?: string | null;
  readonly line_separator?: string;
  readonly tar_flags?: string;
}

const posix = (distro: string, shell: string, tarFlags: boolean): DeploymentData => ({
  distro,
  lava_test_sh_cmd: shell,
  lava_test_results_dir: "/lava-%s",
  lava_test_shell_file: "~/.bashrc",
  line_separator: "\n",
  ...(tarFlags ? { tar_flags: "--warning no-timestamp" } : {}),
});

const bash = "/bin/bash";
const sh = "/bin/sh";

const byOs: Readonly<Record<string, DeploymentData>> = {
  android: {
    ...posix("android", "/system/bin/sh", false),
    lava_test_results_dir: "/data/local/tmp/lava-%s",
    lava_test_shell_file: null,
  },
  apertis: { ...posix("apertis", sh, true), lava_test_results_dir: "/var/lib/lava-%s" },
  archlinux: posix("archlinux", bash, true),
  centos: posix("centos", bash, true),
  centos_installer: posix("centos", bash, false),
  debian: posix("debian", bash, true),
  debian_installer: posix("debian", bash, false),
  fedora: posix("fedora", bash, true),
  lede: { ...posix("lede", sh, false), lava_test_results_dir: "/tmp/lava-results-%s", lava_test_shell_file: null },
  oe: posix("oe", sh, false),
  qnx: posix("qnx", sh, true),
  slackware: posix("slackware", bash, true),
  ubuntu: posix("ubuntu", sh, true),
};

/** Deployment data of an `os`; `{}` for one we don't know, as in LAVA. */
export const deploymentData = (os: string | undefined): DeploymentData =>
  os !== undefined && Object.hasOwn(byOs, os) ? (byOs[os] ?? {}) : {};
