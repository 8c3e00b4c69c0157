import { integers, words } from "./context.js";
import type { Random } from "./random.js";

export type Kind = "int" | "float" | "str" | "list" | "dict" | "bool" | "any";

const names: Readonly<Record<Kind, readonly string[]>> = {
  int: ["n", "m", "n", "m", "big"],
  float: ["f", "g"],
  str: ["s", "u"],
  list: ["li", "ls", "la", "ll", "ld", "tu"],
  dict: ["d", "e", "di"],
  bool: ["t"],
  any: ["n", "s", "li", "d", "nil", "f", "t", "missing", "tu", "e", "ld"],
};

const quote = (text: string): string =>
  `'${text.replace(/[\\']/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t")}'`;

/** Writes random expressions: mostly ones that make sense for their type, sometimes ones that fail. */
export class Expressions {
  /** Names set by the template so far. */
  readonly locals: string[] = [];
  constructor(readonly random: Random) {}

  of(kind: Kind, depth: number): string {
    const { random } = this;
    if (random.chance(0.03)) return this.of(random.pick(["any", "str", "list", "dict", "int"]), depth);
    if (depth <= 0) return this.leaf(kind);
    const text = this.#deep(kind, depth - 1);
    return random.chance(0.15) ? `(${text})` : text;
  }

  leaf(kind: Kind): string {
    const { random } = this;
    if (random.chance(0.5)) {
      if (kind === "any" && this.locals.length > 0 && random.chance(0.4)) return random.pick(this.locals);
      return random.pick(names[kind]);
    }
    switch (kind) {
      case "int":
        return random.chance(0.2)
          ? random.pick(["0x1F", "0b101", "0o17", "1_000", "2**70"])
          : String(Math.abs(random.pick(integers)));
      case "float":
        return random.pick(["1.0", "0.5", "2.5", "1e3", "1_0.2_5", "1.5e-7", "3.0"]);
      case "str":
        return random.chance(0.1)
          ? `${quote(random.pick(words))} "b"`
          : random.chance(0.05)
            ? random.pick(['"\\x41\\u00e9\\n"', "'\\101\\q'", '"\\\\"'])
            : quote(random.pick(words));
      case "list":
        return random.pick([
          "[]",
          "[1, 2, 3]",
          "['b', 'a', 'C']",
          "(1,)",
          "()",
          "[1, 2,]",
          "[[1, 2], [3, 4]]",
          "range(4)",
          "(1, 'x', none)",
        ]);
      case "dict":
        return random.pick([
          "{}",
          "{'a': 1}",
          "{'a': 1, 'b': [1], 3: 'x',}",
          "{1: 2, true: 3}",
          "dict(a=1, b='x')",
          "{none: 0}",
        ]);
      case "bool":
        return random.pick(["true", "false", "True", "False"]);
      case "any":
        return random.pick(["none", "None", "missing", "1", "'x'", "[]", "missing2", "true"]);
    }
  }

  #deep(kind: Kind, depth: number): string {
    const { random } = this;
    if (random.chance(0.1)) return this.leaf(kind);
    if (random.chance(0.06)) {
      const else_ = random.chance(0.85) ? ` else ${this.of(kind, depth)}` : "";
      return `(${this.of(kind, depth)} if ${this.of("bool", depth)}${else_})`;
    }
    if (random.chance(0.06)) return `(${this.of(kind, depth)} ${random.pick(["or", "and"])} ${this.of(kind, depth)})`;
    if (random.chance(0.06))
      return `${this.operand("any", depth)}|default(${this.of(kind, depth)}${random.chance(0.4) ? ", true" : ""})`;
    switch (kind) {
      case "int":
        return this.#int(depth);
      case "float":
        return this.#float(depth);
      case "str":
        return this.#str(depth);
      case "list":
        return this.#list(depth);
      case "dict":
        return this.#dict(depth);
      case "bool":
        return this.#bool(depth);
      case "any":
        return this.#any(depth);
    }
  }

  /** An expression a filter or attribute can be put behind. */
  operand(kind: Kind, depth: number): string {
    const text = this.of(kind, depth);
    return /^[\w.]+$/.test(text) && !/^\d/.test(text) ? text : `(${text})`;
  }

  #int(depth: number): string {
    const { random } = this;
    const int = (): string => this.of("int", depth);
    return random.pick([
      () => `${int()} ${random.pick(["+", "-", "*", "//", "%"])} ${int()}`,
      () => `${int()} ${random.pick(["+", "-", "*", "//", "%"])} ${int()} ${random.pick(["+", "-", "*"])} ${int()}`,
      () => `${int()} ** ${random.below(5)}`,
      () => `-${this.operand("int", depth)}`,
      () => `${this.operand(random.pick(["list", "str", "dict"]), depth)}|${random.pick(["length", "count"])}`,
      () => `${this.operand("list", depth)}|sum`,
      () =>
        `${this.operand(random.pick(["str", "float", "int", "any"]), depth)}|int${random.pick(["", "(7)", "(0, 16)", "(default=3)", "('x')"])}`,
      () => `${this.operand("int", depth)}|abs`,
      () =>
        `${this.operand("str", depth)}.${random.pick(["find", "rfind", "count", "index"])}(${this.of("str", depth)})`,
      () => `${this.operand("str", depth)}|wordcount`,
      () => `${this.operand("list", depth)}.${random.pick(["count", "index"])}(${this.of("any", depth)})`,
      () =>
        `${this.operand("int", depth)}.${random.pick(["bit_length()", "real", "conjugate()"])}`.replace(
          ".real",
          ".bit_length()",
        ),
      () => `e.a`,
      () => `${this.operand("list", depth)}|${random.pick(["first", "last", "min", "max"])}`,
    ])();
  }

  #float(depth: number): string {
    const { random } = this;
    return random.pick([
      () => `${this.of("int", depth)} / ${this.of("int", depth)}`,
      () =>
        `${this.of("float", depth)} ${random.pick(["+", "-", "*", "/", "//", "%"])} ${this.of(random.pick(["float", "int"]), depth)}`,
      () =>
        `${this.operand(random.pick(["float", "int"]), depth)}|round${random.pick(["", "(1)", "(2, 'floor')", "(1, 'ceil')", "(-1)", "(method='ceil')"])}`,
      () =>
        `${this.operand(random.pick(["str", "int", "float", "any"]), depth)}|float${random.pick(["", "(1.5)", "(default=none)"])}`,
      () => `${this.of("float", depth)} ** ${random.pick(["2", "0.5", "-1", "0"])}`,
      () => `-${this.operand("float", depth)}`,
      () => `${this.operand("list", depth)}|sum(start=0.5)`,
    ])();
  }

  #format(depth: number): string {
    const { random } = this;
    const spec = random.pick([
      "%d",
      "%5d",
      "%-6d|",
      "%05.1f",
      "%x",
      "%#X",
      "%e",
      "%g",
      "%s",
      "%r",
      "%10s|",
      "%-8.2s|",
      "%+d",
      "%%",
      "%c",
      "%.3s",
      "%o",
      "% d",
      "%i",
    ]);
    const value = this.of(/[srcS]/.test(spec) ? "any" : random.chance(0.7) ? "int" : "float", depth);
    return random.pick([
      () => `'a${spec}b' % ${this.#parenthesized(value)}`,
      () => `'a${spec}b'|format(${value})`,
      () => `'${spec} ${spec}' % (${value}, ${value})`,
      () => `'%(k)s-${spec.replace("%", "%(k)")}' % {'k': ${value}}`,
    ])();
  }

  #parenthesized(text: string): string {
    return `(${text})`;
  }

  #strFormat(depth: number): string {
    const { random } = this;
    const spec = random.pick([
      "",
      ":5",
      ":<6",
      ":>6",
      ":^7",
      ":*^9",
      ":05d",
      ":,",
      ":_",
      ":x",
      ":#b",
      ":.2f",
      ":e",
      ":g",
      ":+d",
      "!r",
      "!s:>4",
      ":.3",
      ":%",
      ":10.3f",
      ":s",
      ":c",
      ":n",
    ]);
    const value = this.of(random.pick(["int", "float", "str", "any"]), depth);
    return random.pick([
      () => `'<{${spec}}>'.format(${value})`,
      () => `'{0${spec}}{0}{1}'.format(${value}, ${this.of("any", depth)})`,
      () => `'{k${spec}}{{}}'.format(k=${value})`,
      () => `'{a.b}{c[0]}'.format(a=${this.of("dict", depth)}, c=${this.of("list", depth)})`,
      () => `'{:{}}'.format(${value}, ${random.below(9)})`,
    ])();
  }

  #method(depth: number): string {
    const { random } = this;
    const str = (): string => this.of("str", depth);
    const target = this.operand("str", depth);
    const call = random.pick([
      () =>
        random.pick([
          "upper()",
          "lower()",
          "title()",
          "capitalize()",
          "swapcase()",
          "casefold()",
          "strip()",
          "lstrip()",
          "rstrip()",
          "expandtabs(4)",
        ]),
      () => `strip(${str()})`,
      () => `replace(${str()}, ${str()}${random.chance(0.3) ? `, ${random.below(3)}` : ""})`,
      () => `${random.pick(["center", "ljust", "rjust"])}(${random.below(15)}${random.chance(0.4) ? ", '*'" : ""})`,
      () => `zfill(${random.below(8)})`,
      () => `${random.pick(["removeprefix", "removesuffix"])}(${str()})`,
      () => `join(${this.of("list", depth)})`,
    ])();
    return `${target}.${call}`;
  }

  #str(depth: number): string {
    const { random } = this;
    const str = (): string => this.operand("str", depth);
    return random.pick([
      () => `${this.of("str", depth)} + ${this.of("str", depth)}`,
      () => `${this.of("any", depth)} ~ ${this.of("any", depth)} ~ ${this.of("str", depth)}`,
      () => `${this.of("str", depth)} * ${random.below(4)}`,
      () => this.#method(depth),
      () => this.#method(depth),
      () => this.#format(depth),
      () => this.#strFormat(depth),
      () =>
        `${str()}|${random.pick(["upper", "lower", "title", "capitalize", "trim", "string", "e", "escape", "forceescape", "striptags", "urlencode", "reverse", "safe", "urlize", "center(12)", "truncate(5)", "truncate(8, true)", "truncate(6, false, '', 0)", "wordwrap(5)", "wordwrap(7, false)", "indent", "indent(2, true)", "indent('> ', blank=true)", "indent(width=1)", "trim('a')"])}`,
      () =>
        `${this.operand("any", depth)}|${random.pick(["string", "upper", "e", "pprint", "tojson", "trim", "title", "urlencode"])}`,
      () =>
        `${this.operand(random.pick(["list", "dict"]), depth)}|${random.pick(["tojson", "tojson(2)", "pprint", "string"])}`,
      () => `${this.operand("list", depth)}|join${random.pick(["", "(', ')", "('-')", "(s)", "(d='+')"])}`,
      () => `${str()}|replace(${this.of("str", depth)}, ${this.of("str", depth)}${random.chance(0.3) ? ", 1" : ""})`,
      () => `${str()}[${this.#subscript(depth)}]`,
      () => `${this.operand(random.pick(["int", "float"]), depth)}|filesizeformat${random.pick(["", "(true)"])}`,
      () => `${str()}.${random.pick(["partition", "rpartition"])}(${this.of("str", depth)})[${random.below(3)}]`,
      () => `${this.operand("str", depth)}|${random.pick(["shlex_quote", "yaml_quote"])}`,
      () => `${this.operand("dict", depth)}|xmlattr`,
      () => `${this.operand("list", depth)}|map('string')|join`,
      () => `loop_free`,
    ])();
  }

  #subscript(depth: number): string {
    const { random } = this;
    const at = (): string => (random.chance(0.3) ? "" : String(random.below(7) - 3));
    return random.pick([
      () => String(random.below(5) - 2),
      () => `${at()}:${at()}`,
      () => `${at()}:${at()}:${random.pick(["1", "2", "-1", "-2", ""])}`,
      () => this.of("int", depth - 2),
    ])();
  }

  #list(depth: number): string {
    const { random } = this;
    const list = (): string => this.operand("list", depth);
    const any = (): string => this.of("any", depth);
    return random.pick([
      () => `[${random.times(0, 3, any).join(", ")}]`,
      () => `(${random.times(1, 3, any).join(", ")},)`,
      () => `${this.of("list", depth)} + ${this.of("list", depth)}`,
      () => `${this.of("list", depth)} * ${random.below(3)}`,
      () => `${list()}[${this.#subscript(depth)}]`,
      () =>
        `${list()}|${random.pick(["sort", "sort(reverse=true)", "sort(case_sensitive=true)", "unique|list", "reverse|list", "list", "batch(2)|list", "batch(3, 'x')|list", "slice(2)|list", "slice(3, 0)|list", "select|list", "reject|list", "map('string')|list", "map('upper')|list", "select('string')|list", "select('number')|list", "reject('none')|list", "select('gt', 2)|list", "select('odd')|list", "map('int')|list", "map('abs')|list"])}`,
      () =>
        `ld|${random.pick(["sort(attribute='name')", "sort(attribute='n,name')", "map(attribute='name')|list", "map(attribute='k.v')|list", "map(attribute='q', default=1)|list", "selectattr('n')|list", "selectattr('n', 'gt', 2)|list", "rejectattr('name', 'equalto', 'a')|list", "groupby('name')", "groupby('name')|map('first')|list", "groupby('n', default=0)|map(attribute='list')|list", "sum(attribute='n')", "unique(attribute='name')|list", "min(attribute='n')", "max(attribute='name')"])}`,
      () =>
        `${this.operand("str", depth)}.${random.pick(["split()", "split(',')", "rsplit(' ', 1)", "splitlines()", "split(none, 1)", "split(',', 1)", "rsplit()", "splitlines(true)", "rsplit(',')"])}`,
      () => `${this.operand("dict", depth)}.${random.pick(["keys()", "values()", "items()"])}|list`,
      () =>
        `${this.operand("dict", depth)}|${random.pick(["dictsort", "dictsort(by='value')", "dictsort(true, 'key', true)", "list", "items|list"])}`,
      () => `range(${random.times(1, 3, () => String(random.below(9) - 2)).join(", ")})|list`,
      () => `${this.operand("str", depth)}|list`,
    ])();
  }

  #dict(depth: number): string {
    const { random } = this;
    return random.pick([
      () =>
        `{${random.times(0, 3, () => `${random.pick([() => quote(random.pick(words)), () => this.of("int", depth), () => this.of("str", depth)])()}: ${this.of("any", depth)}`).join(", ")}}`,
      () => `dict(${this.of("dict", depth)}, z=${this.of("any", depth)})`,
      () => `dict(${this.operand("dict", depth)}.items())`,
      () => `${this.operand("dict", depth)}.copy()`,
      () => "e.d",
      () => "e['d']",
      () => `dict(**${this.operand("dict", depth)})`,
    ])();
  }

  #bool(depth: number): string {
    const { random } = this;
    const any = (): string => this.of("any", depth);
    const compare = (): string => random.pick(["==", "!=", "<", "<=", ">", ">="]);
    return random.pick([
      () => `not ${this.of("bool", depth)}`,
      () => `${this.of("bool", depth)} ${random.pick(["and", "or"])} ${this.of("bool", depth)}`,
      () => `${this.of("int", depth)} ${compare()} ${this.of(random.pick(["int", "float"]), depth)}`,
      () => `${this.of("int", depth)} ${compare()} ${this.of("int", depth)} ${compare()} ${this.of("int", depth)}`,
      () => `${this.of("str", depth)} ${compare()} ${this.of("str", depth)}`,
      () => `${this.of("list", depth)} ${compare()} ${this.of("list", depth)}`,
      () => `${any()} ${random.pick(["==", "!="])} ${any()}`,
      () => `${any()} ${random.pick(["in", "not in"])} ${this.of(random.pick(["list", "dict"]), depth)}`,
      () => `${this.of("str", depth)} ${random.pick(["in", "not in"])} ${this.of("str", depth)}`,
      () =>
        `${this.operand("any", depth)} is ${random.pick(["", "not "])}${random.pick(["defined", "undefined", "none", "string", "number", "mapping", "sequence", "iterable", "callable", "boolean", "true", "false", "integer", "float", "lower", "upper", "escaped", "sameas none", "sameas(true)", "eq 1", "in [1, 2]", "ne('x')"])}`,
      () =>
        `${this.operand("int", depth)} is ${random.pick(["odd", "even", "divisibleby 3", "divisibleby(2)", "gt 2", "le(3)", "lessthan 5"])}`,
      () => `'upper' is filter and 'odd' is test`,
      () => `${this.operand("str", depth)}.${random.pick(["startswith", "endswith"])}(${this.of("str", depth)})`,
      () =>
        `${this.operand("str", depth)}.${random.pick(["isdigit", "isalpha", "isalnum", "isupper", "islower", "isspace", "istitle", "isdecimal", "isnumeric", "isidentifier", "isprintable", "isascii"])}()`,
    ])();
  }

  #any(depth: number): string {
    const { random } = this;
    return random.pick([
      () => this.of(random.pick(["int", "float", "str", "list", "dict", "bool"]), depth),
      () => this.of(random.pick(["int", "float", "str", "list", "dict", "bool"]), depth),
      () => this.of(random.pick(["int", "float", "str", "list", "dict", "bool"]), depth),
      () => `${this.operand("dict", depth)}.${random.pick(["a", "b", "c", "nope", "key"])}`,
      () => `${this.operand("dict", depth)}[${this.of("str", depth)}]`,
      () =>
        `${this.operand("dict", depth)}.get(${this.of("str", depth)}${random.chance(0.4) ? `, ${this.of("any", depth)}` : ""})`,
      () => `${this.operand("list", depth)}[${random.below(4) - 1}]`,
      () =>
        `${this.operand("list", depth)}|${random.pick(["first", "last", "min", "max", "random"]).replace("random", "first")}`,
      () => `${this.operand("list", depth)}.${random.below(3)}`,
      () => `${this.operand("any", depth)}|attr(${random.pick(["'a'", "'upper'", "'nope'"])}) is defined`,
      () => `missing.x|default(1)`.replace("missing.x", random.pick(["missing", "d.nope", "e.d.k"])),
    ])();
  }
}
