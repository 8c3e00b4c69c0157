import { workerNameField as nameField } from "@basalt/core";

interface Rule {
  readonly pattern: RegExp;
  /** Characters. */
  readonly most: number;
  readonly words: string;
}

const any: Rule = {
  // what can be a part of an address: neither a step in a path nor something that a terminal acts on
  pattern: /^(?!\.{1,2}$)(?!\s)[^/\p{Cc}]*[^/\p{Cc}\s]$/u,
  most: 200,
  words: "without a slash or spaces at its ends",
};
const host: Rule = {
  pattern: new RegExp(nameField.pattern),
  most: 200,
  words: "letters, digits, '-', '_' and '.', with no '.' first",
};

/** LAVA's rules (spec 1.2, 5.1); a worker's is as long as it can greet with. */
const rules: Readonly<Record<string, Rule>> = {
  worker: { ...host, most: nameField.maxLength },
  device: host,
  tag: { pattern: /^[-\w]+$/, most: 100, words: "letters, digits, '-' and '_'" },
  "device type": { ...any, most: 50 },
  // as in Django
  user: { pattern: /^[\p{L}\p{N}_.@+-]+$/u, most: 150, words: "letters, digits, and @ . + - _" },
};

/** Why something new can't be called so, in words; undefined where it can. `what`: worker, device, tag, device type, user, or anything else. */
export function nameProblem(what: string, name: string): string | undefined {
  const { pattern, most, words } = rules[what] ?? any;
  if (name.length <= most && pattern.test(name)) return undefined;
  return `'${name.slice(0, 40)}' can't be the name of a ${what}: 1 to ${most} characters, ${words}`;
}
