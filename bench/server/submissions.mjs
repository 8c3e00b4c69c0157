import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

/** A user's token, as the database keeps it. */
export async function makeToken(store) {
  const token = randomBytes(64).toString("hex");
  const sha256 = createHash("sha256").update(token).digest();
  const user = await store.knex("users").where({ username: "ann" }).first("id");
  await store.knex("tokens").insert({ user_id: user.id, sha256, description: "bench" });
  return token;
}

/** Hands in a job over REST; gives its id. */
export function submitter(url, token, agent) {
  return (definition) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ definition });
      const sent = request(`${url}/api/v0.2/jobs/`, {
        method: "POST",
        agent,
        headers: {
          authorization: `Token ${token}`,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
        },
      });
      sent.on("error", reject).on("response", async (answer) => {
        let text = "";
        for await (const chunk of answer.setEncoding("utf8")) text += chunk;
        if (answer.statusCode === 201) resolve(JSON.parse(text).job_ids[0]);
        else reject(new Error(`the server answered ${answer.statusCode}: ${text}`));
      });
      sent.end(body);
    });
}

/** The example's job with a name, a URL and a step of its own, as CI hands in the builds of a day. */
const jobOfBuild = (definition, build) =>
  definition
    .replace("job_name: hello-qemu", `job_name: hello-qemu build ${build}`)
    .replaceAll("/vmlinuz", `/builds/${build}/vmlinuz`)
    .replace("Hello from", `Build ${build} says hello from`);

let builds = 0;

/**
 * Submissions a second of the example's job by some clients at a time. Its device is not free: the queue grows.
 * `same`: the same text each time, as a loop over one board does; otherwise no two are alike.
 */
export async function measureSubmissions(lab, { token, clients, seconds, same = false }) {
  const example = readFileSync(new URL("../../examples/hello-qemu/job.yaml", import.meta.url), "utf8");
  const end = performance.now() + seconds * 1_000;
  const begin = performance.now();
  let done = 0;
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const submit = submitter(lab.url, token, agent);
    for (; performance.now() < end; done++) await submit(same ? example : jobOfBuild(example, ++builds));
    agent.destroy();
  };
  await Promise.all(Array.from({ length: clients }, client));
  const rate = done / ((performance.now() - begin) / 1_000);
  const [{ count }] = await lab.store.knex("jobs").where({ requested_device_type: "qemu" }).count({ count: "*" });
  if (count < done) throw new Error(`the queue has ${count} jobs of ${done}`);
  await lab.store.knex("jobs").where({ requested_device_type: "qemu" }).delete();
  // thousands of deleted rows are this benchmark's own: what is measured next must not pay for them
  await lab.store.knex.raw("vacuum analyze jobs");
  return rate;
}
