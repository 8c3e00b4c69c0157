import { asText, canceledError, type JsonObject, systemClock } from "@basalt/core";
import { followJob } from "../client/follow-job.js";
import { type ServerAddress, serverClient } from "../client/server-client.js";
import { exitStatus, worstStatus } from "../exit-status.js";
import type { Io } from "../io.js";
import { inputFile } from "../job/input-file.js";
import { readInput } from "../job/read-input.js";
import { makePaint, type Paint } from "../view/paint.js";
import { PlainView } from "../view/plain-view.js";
import { Results } from "../view/results.js";
import { terminalFacts } from "../view/terminal.js";

export interface SubmitArguments extends ServerAddress {
  readonly follow?: boolean;
}

const statusByType: Readonly<Record<string, number>> = {
  Infrastructure: exitStatus.infrastructure,
  Configuration: exitStatus.infrastructure,
  Bug: exitStatus.infrastructure,
  Canceled: exitStatus.canceled,
};

function ending(
  job: JsonObject,
  id: string,
  results: Results,
  paint: Paint,
): { readonly line: string; readonly status: number } {
  const health = asText(job.health) ?? "Unknown";
  if (health === "Complete")
    return {
      line: `Job ${id} ${paint.green("complete")}: ${results.summary}`,
      status: results.failed ? exitStatus.testFailed : exitStatus.ok,
    };
  if (health === "Canceled")
    return { line: `Job ${id} ${paint.yellow("canceled")}: ${results.summary}`, status: exitStatus.canceled };
  const type = asText(job.error_type) ?? "";
  const why = asText(job.error_msg) ?? asText(job.failure_comment) ?? "";
  return {
    line: `Job ${id} ${paint.red("incomplete")}: ${results.summary}\n${paint.red(`${type} error`)}: ${paint.plain(why)}`,
    status: statusByType[type] ?? exitStatus.job,
  };
}

/** `basalt submit`: hands a job to a server, and follows it if wanted. Ctrl-C while following cancels it. */
export async function submitCommand(path: string, args: SubmitArguments, io: Io): Promise<number> {
  const clock = io.clock ?? systemClock;
  const paint = makePaint(terminalFacts(io.stdout, io.env));
  const client = await serverClient(args, io);
  const definition = await readInput(inputFile(io.cwd, path), { kind: "job", code: "ERR_JOB_UNREADABLE", what: "job" });
  const { ids, warnings } = await client.submit(definition);
  for (const warning of warnings) io.stderr.write(`${warning}\n`);
  for (const id of ids) io.stdout.write(`Job ${id}: ${client.url}/jobs/${id}\n`);
  if (!args.follow) return exitStatus.ok;
  const stop = new AbortController();
  let asked = 0;
  const offSignal = io.onSignal((signal) => {
    asked++;
    if (asked === 1) {
      io.stderr.write(
        `${signal}: canceling ${ids.length === 1 ? "the job" : "the jobs"} (again: only stop following)\n`,
      );
      for (const id of ids) client.cancel(id).catch((error: Error) => io.stderr.write(`${error.message}\n`));
    } else stop.abort(canceledError("ERR_CANCELED", "no longer followed: the job goes on at the server"));
  });
  try {
    const statuses: number[] = [];
    for (const id of ids) {
      const view = new PlainView({ stream: io.stdout, paint });
      const results = new Results();
      const job = await followJob({
        client,
        id,
        clock,
        signal: stop.signal,
        say: (text) => view.notice(text),
        tell(event) {
          results.apply(event);
          view.append(event);
        },
      });
      const end = ending(job, id, results, paint);
      const table = await results.table(paint);
      io.stdout.write(`${["", ...table, ...(table.length > 0 ? [""] : []), end.line].join("\n")}\n`);
      statuses.push(end.status);
    }
    return worstStatus(statuses);
  } finally {
    offSignal();
  }
}
