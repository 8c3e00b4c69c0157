import { findProgram, run } from "./run.mjs";

/** A Debian or one of its children: packages come by apt-get. */
export const hasApt = () => findProgram("apt-get") !== undefined && findProgram("dpkg-deb") !== undefined;

export const isRoot = () => process.getuid?.() === 0;

const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };

/** Whether apt knows a package that it could install. */
export async function isKnown(name) {
  const answer = await run("apt-cache", ["policy", name], { env: { ...environment, LC_ALL: "C" } });
  return /Candidate: (?!\(none\))/.test(answer);
}

/** Refreshes apt's lists; a fresh machine has none. */
export async function refreshLists({ line }) {
  line("apt-get update");
  await run("apt-get", ["update"], { onLine: line, env: environment });
}

/** Installs packages, refreshing apt's lists first. Needs root. */
export async function installPackages(names, { line }) {
  await refreshLists({ line });
  const quietly = ["-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"];
  await run("apt-get", ["install", ...quietly, ...names], { onLine: line, env: environment });
}

/** Downloads packages' files into a folder, without installing anything. */
export async function downloadPackages(names, folder, { line }) {
  line(`downloading ${names.join(" ")}`);
  // As root apt downloads as a user of its own, who may not write here; the warning about that is nobody's business.
  const options = isRoot() ? ["-o", "APT::Sandbox::User=root"] : [];
  await run("apt-get", [...options, "download", ...names], { cwd: folder, onLine: line, env: environment });
}
