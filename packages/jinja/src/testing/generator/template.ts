import { Expressions, type Kind } from "./expressions.js";
import type { Random } from "./random.js";

interface Surroundings {
  readonly inLoop?: boolean;
  readonly inMacro?: boolean;
  readonly top?: boolean;
}

const kinds: readonly Kind[] = ["int", "float", "str", "list", "dict", "bool", "any", "str", "any"];

/** Writes random templates over the whole grammar. */
export class Templates {
  readonly expressions: Expressions;
  #blocks = 0;
  #macros: string[] = [];
  constructor(readonly random: Random) {
    this.expressions = new Expressions(random);
  }

  /** A set of templates, `main` the one to render. */
  make(): Record<string, string> {
    const { random } = this;
    const out: Record<string, string> = {};
    out.inc = `[inc {{ s }}{{ x }}{% set y = 5 %}{{ loop is defined }}]`;
    out.lib = `{% macro twice(a, b='B') %}<{{ a }}|{{ b }}|{{ varargs }}|{{ kwargs|length }}>{% endmacro %}{% set exported = 'E' %}{% set _hidden = 1 %}{% macro wrap() %}({{ caller('c') }}){% endmacro %}LIB{{ s }}`;
    out.base = `BASE{% set from_base = 1 %}{% block one %}1{{ s }}{% endblock %}|{% block two scoped %}2{{ x }}{% endblock %}|{{ x }}{% block three %}{% block four %}4{% endblock %}{% endblock %}`;
    out.mid = `{% set x = 8 %}{% extends "base" %}outside{% block one %}M{{ super() }}{{ x }}{% endblock %}{% block four %}m{% endblock %}`;
    const isChild = random.chance(0.15);
    const head = isChild
      ? `${random.pick(["", "text ", "{% set x = 3 %}"])}{% extends ${random.pick(['"base"', '"mid"', '"mid"', "'ba' ~ 'se'", "'base' if true else 'x'"])} %}`
      : "";
    const body = random.times(1, 5, () => this.statement(3, { top: true })).join("");
    const blocks = isChild ? random.times(1, 2, () => this.#override()).join("") : "";
    out.main = head + body + blocks + random.pick(["", "\n", "end\n"]);
    return out;
  }

  #overridden = new Set<string>();
  #override(): string {
    const name = this.random.pick(["one", "two", "three", "four"]);
    if (this.#overridden.has(name)) return "";
    this.#overridden.add(name);
    return `{% block ${name} %}${this.random.pick(["", "{{ super() }}", "{{ self.one() if false }}"])}${this.body(1, {})}{% endblock %}`;
  }

  #text(): string {
    return this.random.pick([
      "",
      " ",
      "text",
      "\n",
      "  \n",
      "a: b\n",
      "{",
      "}}",
      "%}",
      "# x",
      "\n\n  ",
      "ü😀",
      "'",
      "key: [",
    ]);
  }

  #open(): string {
    return this.random.pick(["{%", "{%", "{%", "{%-", "{%+"]);
  }
  #close(): string {
    return this.random.pick(["%}", "%}", "%}", "-%}", "+%}"]);
  }
  /** Blanks inside a tag; now and then a line break, so that lines of errors count. */
  #gap(): string {
    return this.random.chance(0.06) ? "\n  " : " ";
  }
  tag(inside: string): string {
    return `${this.#open()}${this.#gap()}${inside} ${this.#close()}`;
  }

  #print(): string {
    const { random, expressions } = this;
    const text = expressions.of(random.pick(kinds), 1 + random.below(3));
    const [open, close] = [random.pick(["{{", "{{", "{{-", "{{+"]), random.pick(["}}", "}}", "-}}"])];
    return `${open}${this.#gap()}${text}${this.#gap()}${close}`;
  }

  body(depth: number, where: Surroundings): string {
    return this.random.times(1, 3, () => this.statement(depth, where)).join("");
  }

  statement(depth: number, where: Surroundings): string {
    const { random } = this;
    if (depth <= 0 || random.chance(0.4)) return random.chance(0.4) ? this.#text() : this.#print();
    const inner = { ...where, top: false };
    return random.pick([
      () => this.#if(depth - 1, where),
      () => this.#for(depth - 1, inner),
      () => this.#for(depth - 1, inner),
      () => this.#set(depth - 1, where),
      () => this.#set(depth - 1, where),
      () => this.#macro(depth - 1, where),
      () => this.#call(depth - 1, inner),
      () => this.#with(depth - 1, inner),
      () =>
        `${this.tag(`filter ${random.pick(["upper", "trim", "indent(2)", "replace('a', 'b')", "escape|lower"])}`)}${this.body(depth - 1, inner)}${this.tag("endfilter")}`,
      () => this.#include(),
      () => this.#import(),
      () => this.tag(`do ${this.expressions.of("any", 2)}`),
      () => `{# ${random.pick(["comment", "{{ x }}", "{% if %}", "- "])} ${random.pick(["#}", "-#}", "+#}"])}`,
      () =>
        `${this.tag("raw")}${random.pick(["{{ x }}", "{% if %}", " plain "])}${this.tag("endraw")}`.replaceAll(
          "+%}",
          "%}",
        ),
      () => this.#namespace(depth - 1, inner),
      () => this.#block(depth - 1, where),
      () =>
        `${this.tag(`autoescape ${random.pick(["true", "false"])}`)}${this.body(depth - 1, inner)}${this.tag("endautoescape")}`,
      () => this.tag(`print ${this.expressions.of("any", 1)}, ${this.expressions.of("str", 1)}`),
      () =>
        `{% set c = cycler(1, 'b') %}{{ c.next() }}{{ c.current }}{{ c.next() }}{% set j = joiner('|') %}{{ j() }}${this.#print()}{{ j() }}`,
      () => this.#broken(),
    ])();
  }

  #broken(): string {
    const { random } = this;
    if (random.chance(0.75)) return this.#text();
    return random.pick([
      "{{ 1 + }}",
      "{% if %}",
      "{% endfor %}",
      "{{ foo bar }}",
      "{{ 'x' | nofilter }}",
      "{{ x is notest }}",
      "{% unknown %}",
      "{{ [1, 2 }}",
      "{{ (1 }}",
      "{% for x %}{% endfor %}",
      "{{ 1 $ 2 }}",
      "{% set 1 = 2 %}",
      "{{ }}",
      "{% block a b %}",
      "{{ a. }}",
      "{{ f(a=1, 2) }}",
      "{% include %}",
      "{% macro %}",
      "{% set x %}",
      "{{ 'abc }}",
      "{# open",
      "{% raw %}",
      "{% if x is y is z %}{% endif %}",
      "{{ x|f( }}",
      "{% for loop in [1] %}{% endfor %}",
      "{% else %}",
      "{% from 'lib' import _x %}",
    ]);
  }

  #name(): string {
    const name = this.random.pick(["x", "y", "z", "s", "n", "_p", "li"]);
    this.expressions.locals.push(name);
    return name;
  }

  #if(depth: number, where: Surroundings): string {
    const { random, expressions } = this;
    const cond = (): string => expressions.of(random.chance(0.7) ? "bool" : "any", 2);
    let out = this.tag(`if ${cond()}`) + this.body(depth, where);
    for (const _ of random.times(0, 1, () => 0)) out += this.tag(`elif ${cond()}`) + this.body(depth, where);
    if (random.chance(0.5)) out += this.tag("else") + this.body(depth, where);
    return out + this.tag("endif");
  }

  #for(depth: number, where: Surroundings): string {
    const { random, expressions } = this;
    if (random.chance(0.1)) {
      return `{% for it in tree recursive %}${random.pick(["{{ loop.depth }}", "{{ loop.index0 }}", ""])}{{ it.v }}${this.statement(depth - 1, where)}{% if it.c %}[{{ loop(it.c) }}]{% endif %}{% endfor %}`;
    }
    const pairs = random.chance(0.25);
    const target = pairs ? random.pick(["k, v", "k, v", "(k, v)"]) : this.#name();
    if (pairs) expressions.locals.push("k", "v");
    const iter = pairs
      ? `${random.pick(["d.items()", "e.items()", "[(1, 2), (3, 4)]", "e|dictsort", "d|items"])}`
      : expressions.of("list", 2);
    const test = random.chance(0.2) ? ` if ${expressions.of("bool", 1)}` : "";
    const loop = random.chance(0.5)
      ? random.pick([
          "{{ loop.index }}",
          "{{ loop.first }}{{ loop.last }}",
          "{{ loop.length }}",
          "{{ loop.cycle('a', 'b') }}",
          "{{ loop.changed(n) }}",
          "{{ loop.previtem }}{{ loop.nextitem }}",
          "{{ loop.revindex0 }}",
          "{{ ',' if not loop.last }}",
          "{{ loop.depth0 }}",
          "{{ loop }}",
        ])
      : "";
    const else_ = random.chance(0.25) ? this.tag("else") + this.body(depth, where) : "";
    return `${this.tag(`for ${target} in ${iter}${test}`)}${loop}${this.body(depth, { ...where, inLoop: true })}${else_}${this.tag("endfor")}`;
  }

  #set(depth: number, where: Surroundings): string {
    const { random, expressions } = this;
    if (random.chance(0.2)) {
      const filter = random.chance(0.4) ? ` | ${random.pick(["upper", "trim", "length"])}` : "";
      const inside = this.body(depth, { ...where, top: false });
      return `${this.tag(`set ${this.#name()}${filter}`)}${inside}${this.tag("endset")}`;
    }
    if (random.chance(0.15)) {
      const values = `${expressions.of("any", 1)}, ${expressions.of("any", 1)}`;
      return this.tag(`set ${this.#name()}, w = ${random.pick([values, `(${values})`, "li", "s"])}`);
    }
    const value = expressions.of(random.pick(kinds), 2);
    return this.tag(`set ${this.#name()} = ${value}`);
  }

  #macro(depth: number, where: Surroundings): string {
    const { random } = this;
    const name = random.pick(["ma", "mb"]);
    const params = random.pick(["", "a", "a, b=1", "a, b=a", "a='x', b=s", "x"]);
    const extras = random.pick([
      "",
      "{{ varargs }}",
      "{{ kwargs }}",
      "{{ caller() if caller else 'nc' }}",
      "{{ a }}{{ b }}",
      "{{ x }}",
    ]);
    const definition = `${this.tag(`macro ${name}(${params})`)}${extras}${this.body(depth, { inMacro: true })}${this.tag("endmacro")}`;
    this.#macros.push(name);
    return definition + (random.chance(0.8) ? this.#invoke() : "") + (where.top ? "" : "");
  }

  #invoke(): string {
    const { random, expressions } = this;
    const name = this.#macros.length > 0 ? random.pick(this.#macros) : "ma";
    const args = random.pick([
      "",
      expressions.of("any", 1),
      `${expressions.of("any", 1)}, 2`,
      `b=${expressions.of("int", 1)}`,
      "*li",
      "1, 2, 3",
      "**{'a': 1}",
      "a=1",
      "x=2",
    ]);
    return random.chance(0.05)
      ? `{{ ${name}.${random.pick(["name", "arguments", "catch_kwargs", "caller"])} }}`
      : `{{ ${name}(${args}) }}`;
  }

  #call(depth: number, where: Surroundings): string {
    const { random } = this;
    const params = random.pick(["", "(p)", "(p='d')"]);
    const name = this.#macros.length > 0 ? random.pick(this.#macros) : "ma";
    const prefix = random.chance(0.4) ? "{% macro ca(q=1) %}[{{ caller(q) }}]{% endmacro %}" : "";
    return `${prefix}${this.tag(`call${params} ${prefix ? "ca" : name}(${random.pick(["", "1", "q=2"])})`)}${random.pick(["", "{{ p }}"])}${this.body(depth, where)}${this.tag("endcall")}`;
  }

  #with(depth: number, where: Surroundings): string {
    const { random, expressions } = this;
    const pairs = random.times(0, 2, () => `${this.#name()} = ${expressions.of("any", 1)}`);
    return `${this.tag(`with ${pairs.join(", ")}`)}${this.body(depth, where)}${this.tag("endwith")}`;
  }

  #include(): string {
    return this.tag(
      `include ${this.random.pick(['"inc"', "'inc'", "['nope', 'inc']", "'nope' ignore missing", "'inc' without context", "'inc' ignore missing with context", "'nope'", "missing", "['nope']", "[] ignore missing", "'in' ~ 'c'"])}`,
    );
  }

  #import(): string {
    const { random } = this;
    return random.pick([
      "{% import 'lib' as lib %}{{ lib.twice(1) }}{{ lib.exported }}{{ lib._hidden }}{{ lib.nope }}",
      "{% from 'lib' import twice %}{{ twice(s, 2, 3, z=1) }}",
      "{% from 'lib' import twice as tw, exported with context %}{{ tw(exported) }}",
      "{% from 'lib' import nope %}{{ nope }}",
      "{% from 'lib' import wrap without context %}{% call(i) wrap() %}{{ i }}{{ s }}{% endcall %}",
      "{% import 'lib' as lib with context %}{{ lib }}",
    ]);
  }

  #namespace(depth: number, where: Surroundings): string {
    const { random, expressions } = this;
    return `{% set ns = namespace(${random.pick(["", "a=1", "e", "{'a': 2}"])}) %}{% for i in ${expressions.of("list", 1)} %}{% set ns.${random.pick(["a", "b"])} = ${random.pick(["i", expressions.of("any", 1), "ns.a"])} %}${this.statement(depth - 1, where)}{% endfor %}{{ ns.a }}{{ ns.b is defined }}`;
  }

  #block(depth: number, where: Surroundings): string {
    const { random } = this;
    const name = `b${this.#blocks++}`;
    const scoped = random.pick(["", " scoped", "", " required"]);
    const inside = scoped === " required" ? " " : this.body(depth, { top: false });
    const again = where.top && random.chance(0.3) ? `{{ self.${name}() }}` : "";
    return `${this.tag(`block ${name}${scoped}`)}${inside}{% endblock ${random.pick(["", name])} %}${again}`;
  }
}
