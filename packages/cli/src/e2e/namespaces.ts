import { execFileSync } from "node:child_process";

const run = (program: string, args: readonly string[], input?: string): string =>
  execFileSync(program, [...args], { encoding: "utf8", stdio: "pipe", ...(input === undefined ? {} : { input }) });

/** Nothing that somebody outside begins gets in. */
const outgoingOnly = `table inet firewall {
  chain input {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    counter reject with tcp reset
  }
}
`;

/** A network of its own for each machine, in this kernel. */
export interface Namespaces extends Disposable {
  readonly server: Machine;
  machine(name: string): Machine;
}

export interface Machine {
  readonly address: string;
  /** What runs a program there: its argv goes behind. */
  readonly prefix: readonly string[];
  /** Packets that its firewall has refused. */
  refused(): number;
}

/** Why there can be none here; undefined where there can. */
export function missingForNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  const name = `basalt-${process.pid}-try`;
  try {
    run("ip", ["netns", "add", name]);
    run("ip", ["netns", "exec", name, "nft", "-f", "-"], outgoingOnly);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? "needs iproute2 and nftables"
      : "needs the right to make network namespaces";
  } finally {
    try {
      run("ip", ["netns", "del", name]);
    } catch {
      // there was none
    }
  }
}

/** A server's machine, and one for each name with a cable to it and a firewall that lets only outgoing connections pass. Removed when disposed. */
export function makeNamespaces(names: readonly string[]): Namespaces {
  const nameOf = (name: string): string => `basalt-${process.pid}-${name}`;
  const made: string[] = [];
  const exec = (name: string): readonly string[] => ["ip", "netns", "exec", nameOf(name)];
  const inside = (name: string, argv: readonly string[], input?: string): string => {
    const [program = "", ...args] = [...exec(name), ...argv];
    return run(program, args, input);
  };
  const remove = (): void => {
    for (const name of made.splice(0)) run("ip", ["netns", "del", nameOf(name)]);
  };
  const add = (name: string): void => {
    run("ip", ["netns", "add", nameOf(name)]);
    made.push(name);
    inside(name, ["ip", "link", "set", "lo", "up"]);
  };
  const machines = new Map<string, Machine>();
  try {
    add("server");
    for (const [index, name] of names.entries()) {
      add(name);
      const network = `10.213.${index + 1}`;
      // names of interfaces have at most 15 characters
      const cable = `cable${index}`;
      inside(name, ["ip", "link", "add", cable, "type", "veth", "peer", "name", cable, "netns", nameOf("server")]);
      for (const [where, host] of [
        ["server", 1],
        [name, 2],
      ] as const) {
        inside(where, ["ip", "address", "add", `${network}.${host}/24`, "dev", cable]);
        inside(where, ["ip", "link", "set", cable, "up"]);
      }
      inside(name, ["ip", "route", "add", "default", "via", `${network}.1`]);
      inside(name, ["nft", "-f", "-"], outgoingOnly);
      machines.set(name, {
        address: `${network}.2`,
        prefix: exec(name),
        refused: () => Number(/counter packets (\d+)/.exec(inside(name, ["nft", "list", "ruleset"]))?.[1]),
      });
    }
  } catch (error) {
    remove();
    throw error;
  }
  return {
    server: { address: "10.213.1.1", prefix: exec("server"), refused: () => 0 },
    machine(name) {
      const machine = machines.get(name);
      if (!machine) throw new Error(`there is no machine ${name}`);
      return machine;
    },
    [Symbol.dispose]: remove,
  };
}
