import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const guide = new URL("../../../../docs/howto/run-behind-a-proxy.md", import.meta.url);

/** Why nginx can't be run here; empty where it can. */
export function whyNoNginx(): string {
  const missing = [["nginx", "-v"] as const, ["openssl", "version"] as const].filter(
    ([program, argument]) => spawnSync(program, [argument], { stdio: "ignore" }).status !== 0,
  );
  return missing.length === 0 ? "" : `no ${missing.map(([program]) => program).join(" and no ")} here`;
}

/** The site as the how-to has it, in front of another server, on a port and with a certificate of this test. */
function siteOf({ upstream, port, folder }: { upstream: string; port: number; folder: string }): string {
  const site = /```nginx\n([\s\S]*?)```/.exec(readFileSync(guide, "utf8"))?.[1] ?? "";
  const put = (text: string, pattern: RegExp, by: string): string => {
    if (!pattern.test(text)) throw new Error(`the how-to's site has no ${pattern}`);
    return text.replace(pattern, by);
  };
  return [
    [/listen 443 ssl;/, `listen 127.0.0.1:${port} ssl;`] as const,
    [/http:\/\/127\.0\.0\.1:8000/, upstream] as const,
    [/\/etc\/ssl\/certs\/[\w.]+/, join(folder, "cert.pem")] as const,
    [/\/etc\/ssl\/private\/[\w.]+/, join(folder, "key.pem")] as const,
  ].reduce((text, [pattern, by]) => put(text, pattern, by), site);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function makeCertificate(folder: string): void {
  const subject = ["-subj", "/CN=lab.example.org", "-addext", "subjectAltName=DNS:lab.example.org,IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"];
  const files = { cwd: folder, stdio: "ignore" } as const;
  execFileSync("openssl", ["req", "-x509", ...key, "-out", "cert.pem", "-days", "2", ...subject], files);
}

/** A real nginx. */
export interface Nginx extends AsyncDisposable {
  /** `https://127.0.0.1:4711` */
  readonly url: string;
  /** Its certificate, to be trusted. */
  readonly ca: string;
}

/** Starts nginx over TLS before a server, set up as docs/howto/run-behind-a-proxy.md says. */
export async function startNginx(upstream: string): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "basalt-nginx-"));
  makeCertificate(folder);
  const port = await freePort();
  writeFileSync(join(folder, "site"), siteOf({ upstream, port, folder }));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  for (const name of temporary) mkdirSync(join(folder, name), { mode: 0o700 });
  const main = [
    "daemon off;",
    "master_process off;",
    `pid ${join(folder, "pid")};`,
    "error_log stderr notice;",
    "events {}",
    "http {",
    "access_log off;",
    ...temporary.map((name) => `${name}_temp_path ${join(folder, name)};`),
    `include ${join(folder, "site")};`,
    "}",
  ];
  writeFileSync(join(folder, "nginx.conf"), main.join("\n"));
  const child = spawn("nginx", ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    // it listens by then
    if (/start worker processes|using the "epoll" event method/.test(line)) break;
  }
  if (child.exitCode !== null) throw new Error(`nginx ended: ${said.join("\n")}`);
  child.stderr.resume();
  return {
    url: `https://127.0.0.1:${port}`,
    ca: readFileSync(join(folder, "cert.pem"), "utf8"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
