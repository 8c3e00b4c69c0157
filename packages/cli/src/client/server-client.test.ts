import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serverClient } from "./server-client.js";

const heard: IncomingMessage[] = [];
/** Another host: it must hear nothing of a token or a job. */
const other = createServer((request, response) => {
  heard.push(request);
  response.end("{}");
});
let elsewhere = "";
const moved = createServer((_request, response) => {
  response.writeHead(307, { Location: `${elsewhere}/api/v0.2/jobs/` }).end();
});
const listen = async (server: typeof other): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
let server = "";
beforeAll(async () => {
  elsewhere = await listen(other);
  server = await listen(moved);
});
afterAll(() => {
  other.close();
  moved.close();
});

test("a server that names another host gets neither token nor job sent there", async () => {
  const client = await serverClient({ server }, { cwd: "/", env: { BASALT_TOKEN: "secret" } });
  const all = [
    () => client.submit("secrets: {a: b}"),
    () => client.job("1"),
    () => client.log("1", 0),
    () => client.cancel("1"),
  ];
  for (const ask of all)
    await expect(ask()).rejects.toMatchObject({
      code: "ERR_SERVER_MOVED",
      message: expect.stringContaining(elsewhere),
    });
  expect(heard).toEqual([]);
});
