import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";

/**
 * Serves some files on 127.0.0.1, by name. `files` maps a name to a path or to content. Rejects where the port is taken.
 * Gives a function that stops it.
 */
export function serve(files, port) {
  const server = createServer((request, response) => {
    const name = new URL(request.url, "http://localhost").pathname.slice(1);
    const file = Object.hasOwn(files, name) ? files[name] : undefined;
    if (file === undefined) return response.writeHead(404).end(`no ${name} here\n`);
    const content = typeof file === "string" ? undefined : file.content;
    const size = content === undefined ? statSync(file).size : Buffer.byteLength(content);
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
    if (request.method === "HEAD") return response.end();
    if (content !== undefined) return response.end(content);
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () =>
      resolve(() => {
        server.closeAllConnections();
        server.close();
      }),
    );
  });
}
