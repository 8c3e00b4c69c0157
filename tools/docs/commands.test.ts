// Every `basalt` command that a page tells people to type is read by the command line itself: command, arguments and options have to be known.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAboutAdmin, loadAdmin } from "../../packages/cli/src/program/add-admin.ts";
import { type Commands, makeProgram } from "../../packages/cli/src/program/make-program.ts";
import { root } from "../lib/house.mjs";
import { pages, shellCommands } from "./pages.mjs";

/** Words of a shell's line up to what follows the command itself; what a variable or a command would give stands for a word. */
const words = (line: string): string[] =>
  (line.split(/ (?:>|\||&&|\|\|) /)[0] ?? "")
    .match(/(?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s"'])+/g)
    ?.map((word) => word.replaceAll(/["']/g, "")) ?? [];

/** What follows `basalt` in a line; undefined where it is another command. */
function argumentsOf(line: string): readonly string[] | undefined {
  const all = words(line).filter((word) => !/^[A-Z_]+=/.test(word));
  const rest = all[0] === "sudo" ? all.slice(3) : all;
  const plain = rest[0] === "npx" ? rest.slice(1) : rest;
  return plain[0] === "basalt" ? plain.slice(1) : undefined;
}

/** What is wrong with a command line, in the command's words; nothing is done. */
async function problem(argv: readonly string[]): Promise<string | undefined> {
  let said = "";
  let ran = 0;
  const stream = { columns: 200, write: (text: string) => (said += text) };
  const off = (): void => {};
  const io = { stdout: stream, stderr: stream, env: {}, cwd: root, onSignal: () => off, onFatal: () => off, kill: off };
  const commands = new Proxy({} as Commands, { get: () => async () => 0 });
  const program = makeProgram(io, commands, () => void ran++);
  if (isAboutAdmin(argv)) await loadAdmin(program, { io, run: async () => void ran++ });
  await program.parseAsync([...argv], { from: "user" }).catch(() => {});
  return ran === 1 ? undefined : (said.split("\n")[0] ?? "nothing was run");
}

const typed = pages(root).flatMap((page: string) =>
  shellCommands(root, page).flatMap((line: string) => {
    const argv = argumentsOf(line);
    return argv ? [{ page, line, argv }] : [];
  }),
);

test.each(typed)("$page: $line", async ({ argv }) => {
  expect(await problem(argv)).toBeUndefined();
});

test("a wrong option, a wrong command and a missing argument are found", async () => {
  expect(typed.length).toBeGreaterThan(80);
  expect(await problem(["admin", "workers", "add", "x", "--descripton", "y"])).toMatch(/unknown option/);
  expect(await problem(["admin", "worker", "list"])).toMatch(/unknown command/);
  expect(await problem(["admin", "jobs", "fail"])).toMatch(/missing required argument/);
});

/** `basalt admin jobs fail ID` in a sentence: the command it begins with must be there. */
const mentioned = pages(root).flatMap((page: string) => {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/`(?:npx )?basalt ((?:admin )?[a-z][^`]*)`/g)].map(([, said = ""]) => ({ page, said }));
});

test.each(mentioned)("$page mentions basalt $said", async ({ said }) => {
  const commands = words(said).filter((word) => /^[a-z][a-z-]*$/.test(word));
  const known = [];
  for (const name of commands) {
    if (!(await isCommand([...known, name]))) break;
    known.push(name);
  }
  expect(known.length, `basalt ${said}`).toBeGreaterThan(commands[0] === "admin" && commands.length > 1 ? 1 : 0);
});

async function isCommand(path: readonly string[]): Promise<boolean> {
  const off = (): void => {};
  const stream = { columns: 200, write: () => {} };
  const io = { stdout: stream, stderr: stream, env: {}, cwd: root, onSignal: () => off, onFatal: () => off, kill: off };
  const program = makeProgram(io, new Proxy({} as Commands, { get: () => async () => 0 }), off);
  if (isAboutAdmin(path)) await loadAdmin(program, { io, run: async () => {} });
  let at: { readonly commands: readonly (typeof program)[] } | undefined = program;
  for (const name of path)
    at = at?.commands.find((command) => command.name() === name || command.aliases().includes(name));
  return at !== undefined;
}
