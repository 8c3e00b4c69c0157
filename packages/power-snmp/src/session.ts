import { infrastructureError, type PowerOptions } from "@basalt/core";
import snmp from "net-snmp";

/** An outlet's agent: where it is and how it is asked. */
export interface Agent {
  readonly host: string;
  readonly port: number;
  readonly version: "1" | "2c";
  readonly community: string;
}

const open = ({ host, port, version, community }: Agent): snmp.Session =>
  snmp.createSession(host, community, {
    port,
    version: version === "1" ? snmp.Version1 : snmp.Version2c,
    timeout: 2_000,
    retries: 2,
  });

type Answer = readonly { readonly oid: string; readonly value: unknown }[];

/** One request, ended early when the signal aborts. */
async function ask(
  agent: Agent,
  what: string,
  { signal }: PowerOptions,
  request: (session: snmp.Session, done: (error: Error | null, varbinds?: snmp.Varbind[]) => void) => void,
): Promise<Answer> {
  signal.throwIfAborted();
  const session = open(agent);
  let isOpen = true;
  const stop = (): void => {
    if (isOpen) session.close(); // net-snmp throws at a second close
    isOpen = false;
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<Answer>((resolve, reject) => {
      request(session, (error, varbinds = []) => {
        const wrong = varbinds.find((varbind) => snmp.isVarbindError(varbind));
        if (error) reject(error);
        else if (wrong) reject(new Error(snmp.varbindError(wrong)));
        else resolve(varbinds as unknown as Answer);
      });
    });
  } catch (cause) {
    signal.throwIfAborted();
    const said = cause instanceof Error ? cause.message : String(cause);
    throw infrastructureError(
      "ERR_POWER_REFUSED",
      `SNMP ${what} at ${agent.host}:${agent.port} failed: ${said}${/timed out/i.test(said) ? " (wrong address, or wrong community?)" : ""}`,
      { cause },
    );
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** Reads an integer object. */
export async function readInteger(agent: Agent, oid: string, options: PowerOptions): Promise<number> {
  const [answer] = await ask(agent, `read of ${oid}`, options, (session, done) => session.get([oid], done));
  return Number(answer?.value);
}

/** Writes an integer object. */
export async function writeInteger(agent: Agent, oid: string, value: number, options: PowerOptions): Promise<void> {
  await ask(agent, `write of ${value} to ${oid}`, options, (session, done) =>
    session.set([{ oid, type: snmp.ObjectType.Integer, value }], done),
  );
}
