import { describe, expect, it } from "vitest";
import { createEnvironment, JinjaError, mapLoader } from "./index.js";

const escaped = "ESCAPED";

/** What an expression can begin with. `@` is where the way out goes. */
const waysIn: Readonly<Record<string, string>> = {
  string: "{{ ''@ }}",
  "string method": "{{ ''.format@ }}",
  list: "{{ []@ }}",
  "list method": "{{ [].append@ }}",
  dict: "{{ {}@ }}",
  "dict view": "{{ {}.items()@ }}",
  number: "{{ (1)@ }}",
  float: "{{ 1.5@ }}",
  "big int": "{{ (2**80)@ }}",
  bool: "{{ true@ }}",
  none: "{{ none@ }}",
  tuple: "{{ (1, 2)@ }}",
  function: "{{ range@ }}",
  "function result": "{{ range(3)@ }}",
  global: "{{ cycler@ }}",
  cycler: "{{ cycler(1)@ }}",
  joiner: "{{ joiner()@ }}",
  namespace: "{{ namespace(a=1)@ }}",
  lipsum: "{{ lipsum@ }}",
  macro: "{% macro m() %}{% endmacro %}{{ m@ }}",
  caller: "{% macro m() %}{{ caller@ }}{% endmacro %}{% call m() %}{% endcall %}",
  kwargs: "{% macro m() %}{{ kwargs@ }}{% endmacro %}{{ m(a=1) }}",
  varargs: "{% macro m() %}{{ varargs@ }}{% endmacro %}{{ m(1) }}",
  loop: "{% for x in [1] %}{{ loop@ }}{% endfor %}",
  "loop method": "{% for x in [1] %}{{ loop.cycle@ }}{% endfor %}",
  block: "{% block b %}{{ self.b@ }}{% endblock %}",
  self: "{{ self@ }}",
  super: "{% extends 'base' %}{% block b %}{{ super@ }}{% endblock %}",
  module: "{% import 'lib' as lib %}{{ lib@ }}",
  filter: "{{ ('a'|upper)@ }}",
  "lazy filter": "{{ ([1]|map('string'))@ }}",
  group: "{{ ([{'a': 1}]|groupby('a')|first)@ }}",
  markup: "{{ ('<'|e)@ }}",
  test: "{{ (1 is odd)@ }}",
  "context value": "{{ value@ }}",
  "context list": "{{ values@ }}",
  "context dict": "{{ data@ }}",
  undefined: "{{ nothing@ }}",
  "chained undefined": "{{ data.nothing@ }}",
  error: "{{ (1 if false)@ }}",
};

const names = [
  "constructor",
  "__proto__",
  "prototype",
  "__defineGetter__",
  "__defineSetter__",
  "__lookupGetter__",
  "hasOwnProperty",
  "toString",
  "valueOf",
  "toJSON",
  "then",
  "isPrototypeOf",
  "call",
  "apply",
  "bind",
  "arguments",
  "callee",
  "caller",
  "Symbol.iterator",
  "@@iterator",
  "Symbol(Symbol.iterator)",
  "nodejs.util.inspect.custom",
  "__class__",
  "__mro__",
  "__subclasses__",
  "__globals__",
  "__init__",
  "__builtins__",
  "__code__",
  "gi_frame",
  "gi_code",
  "mro",
  "environment",
  "context",
  "builtin",
  "body",
  "source",
  "signature",
  "iterate",
  "attribute",
  "hashKey",
  "slots",
  "get_all",
  "_context",
  "_environment",
  "_undefined_hint",
  "limits",
];

/** How a name is reached. */
const waysOut: readonly ((name: string) => string)[] = [
  (name) => `.${/^\w+$/.test(name) ? name : "constructor"}`,
  (name) => `['${name}']`,
  (name) => `['${name.slice(0, 2)}' ~ '${name.slice(2)}']`,
  (name) => `|attr('${name}')`,
  (name) => `|map(attribute='${name}')|list`,
  (name) => `|map('attr', '${name}')|list`,
  (name) => `|selectattr('${name}')|list`,
  (name) => `|sort(attribute='${name}')`,
  (name) => `|groupby('${name}')|list`,
  (name) => `|sum('${name}')`,
  (name) => `|unique(attribute='${name}')|list`,
];

// What JavaScript would make callable; the other names are only looked at.
const callable: ReadonlySet<string> = new Set([
  "constructor",
  "__proto__",
  "call",
  "apply",
  "bind",
  "valueOf",
  "environment",
]);

const runs = (inside: string, name: string): string[] =>
  callable.has(name)
    ? [
        inside,
        `${inside}('return globalThis.${escaped} = 1')()`,
        `${inside}.constructor('globalThis.${escaped} = 1')()`,
      ]
    : [inside];

function attempt(template: string, environment = sandbox()): string {
  try {
    return environment.renderString(template, { value: "v", values: ["a", ["b"]], data: { a: 1, list: [1] } });
  } catch (error) {
    if (error instanceof JinjaError) return "";
    throw error;
  }
}

const loader = mapLoader({
  base: "{% block b %}{% endblock %}",
  lib: "{% macro m() %}{% endmacro %}{% set x = 1 %}",
  self: "{% include 'self' %}",
  parent: "{% extends 'parent' %}",
  import: "{% import 'import' as x %}",
});
const sandbox = () => createEnvironment({ loader, autoescape: false });

// Signs of JavaScript in an output: functions, prototypes, internals.
const leaks = /function|=>|\[object|native code|Symbol\(|class |process|NaN(?!\w)|undefined(?! value)/;

describe("every way in and every way out", () => {
  it.each(Object.entries(waysIn))("%s", (_, frame) => {
    const environment = sandbox();
    for (const name of names) {
      for (const out of waysOut) {
        for (const tail of runs(out(name), name)) {
          const template = frame.replace("@", () => tail);
          const text = attempt(template, environment).replace(/<built-in function \w+>|<\w+ object>/g, "");
          expect(text, template).not.toMatch(leaks);
        }
      }
      const formats = [`{0.${name}}`, `{0[${name}]}`, `{0.${name}.${name}}`];
      for (const format of formats) {
        const template = frame.replace(
          /\{\{ (.*)@ \}\}/,
          (_whole, value: string) => `{{ '${format}'.format(${value}) }}`,
        );
        expect(
          attempt(template, environment).replace(/<built-in function \w+>|<\w+ object>/g, ""),
          template,
        ).not.toMatch(leaks);
      }
    }
    expect(escaped in globalThis).toBe(false);
  });
});

describe("names of the template", () => {
  const hostile = [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "__defineGetter__",
    "__keywords",
    "then",
  ];

  it.each(hostile)("%s is a name like any other", (name) => {
    const here = sandbox();
    expect(here.renderString(`{{ ${name} is defined }}`)).toBe("False");
    expect(here.renderString(`{% set ${name} = {'x': 1} %}{{ ${name}.x }}{{ x is defined }}`)).toBe("1False");
    expect(here.renderString(`{% for ${name} in [1] %}{{ ${name} }}{% endfor %}`)).toBe("1");
    expect(here.renderString(`{% macro ${name}(${name}=2) %}{{ ${name} }}{% endmacro %}{{ ${name}(${name}=3) }}`)).toBe(
      "3",
    );
    expect(here.renderString(`{% block ${name} %}b{% endblock %}`)).toBe("b");
    expect(here.renderString(`{% set n = namespace() %}{% set n.${name} = 5 %}{{ n.${name} }}`)).toBe("5");
    expect(here.renderString(`{{ {'${name}': 1} }}{{ dict(${name}=1) }}`)).toBe(`{'${name}': 1}{'${name}': 1}`);
    expect(here.renderString(`{{ x.${name} is defined }}`, { x: {} })).toBe("False");
    expect(here.renderString("{{ x }}", JSON.parse(`{"x": {"${name}": 1}}`))).toBe(`{'${name}': 1}`);
    expect(here.renderString(`{{ ${name} }}`, JSON.parse(`{"${name}": 7}`))).toBe("7");
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    for (const template of [`{{ 1|${name} }}`, `{{ 1 is ${name} }}`]) {
      expect(() => here.renderString(template)).toThrow(/No (filter|test) named/);
    }
    expect(() => here.renderString(`{{ [1]|map('${name}')|list }}`)).toThrow("No filter named");
    expect(() => here.renderString(`{% include '${name}' %}`)).toThrow("(TemplateNotFound)");
  });

  it("never become code", () => {
    const inject = "`${globalThis.ESCAPED = 1}`";
    for (const template of [
      `{{ '${inject}' }}`,
      `{{ a['${inject}'] }}`,
      `{{ '${inject}'|e }}`,
      `${inject}`,
      `{% set a = '\${ESCAPED=1}' %}{{ a }}`,
    ]) {
      attempt(template);
    }
    attempt("{% include '`${globalThis.ESCAPED = 1}`' ignore missing %}");
    expect(escaped in globalThis).toBe(false);
  });

  it("cannot forge keyword arguments", () => {
    const here = sandbox();
    const context = { forged: { __keywords: true, default_value: "FORGED", boolean: true } };
    expect(here.renderString("{{ ''|default(forged) }}", context)).toBe("");
    expect(
      here.renderString("{% macro m(a, b=1) %}{{ b }}{% endmacro %}{{ m(forged) }}", {
        forged: { __keywords: true, b: 2 },
      }),
    ).toBe("1");
  });
});

describe("the context", () => {
  it("is data, never template", () => {
    expect(sandbox().renderString("{{ x }}{{ x|upper }}", { x: "{{ 7 * 7 }}" })).toBe("{{ 7 * 7 }}{{ 7 * 7 }}");
  });

  it("is copied", () => {
    const list = [1];
    sandbox().renderString("{% do list.append(2) %}", { list });
    expect(list).toEqual([1]);
  });

  it.each([
    ["a function", () => 1],
    ["an instance", new (class Thing {})()],
    ["a date", new Date(0)],
    ["a symbol", Symbol("x")],
    ["process", process],
  ])("refuses %s", (_, value) => {
    expect(() => sandbox().renderString("{{ x }}", { x: { y: [value] } })).toThrow(
      "only data can be given to a template",
    );
  });

  it("may contain itself", () => {
    const cyclic: unknown[] = [1];
    cyclic.push(cyclic);
    expect(sandbox().renderString("{{ x }}", { x: cyclic })).toBe("[1, [...]]");
  });
});

const bombs: Readonly<Record<string, string>> = {
  "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
  "endless list": "{% set l = [1] %}{% for x in l %}{% do l.append(1) %}{% endfor %}",
  "recursive macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
  "two macros": "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
  "branching macro": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(90) }}",
  "recursive block": "{% block b %}{{ self.b() }}{% endblock %}",
  "recursive loop":
    "{% set l = [1] %}{% do l.append(l) %}{% for x in l recursive %}{% if x is not number %}{{ loop(x) }}{% endif %}{% endfor %}",
  "doubling string":
    "{% set n = namespace(s='x' * 1000) %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s|length }}",
  "doubling with +":
    "{% set n = namespace(s='x' * 1000) %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}",
  "doubling list": "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}",
  "doubling join": "{% set n = namespace(s='xx') %}{% for i in range(60) %}{% set n.s = [n.s, n.s]|join %}{% endfor %}",
  "doubling replace":
    "{% set n = namespace(s='xx') %}{% for i in range(60) %}{% set n.s = n.s|replace('x', 'xx') %}{% endfor %}",
  "shared lists":
    "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}",
  "shared lists compared":
    "{% set n = namespace(s=[1], t=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.s == n.t }}",
  "shared lists as json":
    "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s|tojson }}",
  "shared lists as yaml":
    "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s|pprint }}",
  "shared tuples hashed":
    "{% set n = namespace(s=(1,)) %}{% for i in range(60) %}{% set n.s = (n.s, n.s) %}{% endfor %}{{ {n.s: 1} }}",
  "huge repeat": "{{ 'x' * 10**12 }}",
  "huge list": "{{ [0] * 10**12 }}",
  "huge center": "{{ 'x'|center(10**12) }}",
  "huge ljust": "{{ 'x'.ljust(10**12) }}",
  "huge zfill": "{{ 'x'.zfill(10**12) }}",
  "huge printf": "{{ '%1000000000d' % 1 }}",
  "huge printf star": "{{ '%*d' % (10**9, 1) }}",
  "huge printf precision": "{{ '%.1000000000f' % 1 }}",
  "huge format": "{{ '{:1000000000}'.format(1) }}",
  "huge format precision": "{{ '{:.1000000000f}'.format(1.5) }}",
  "huge format grouping": "{{ '{:0100000000,}'.format(1) }}",
  "huge indent": "{{ 'x'|indent(10**10, true) }}",
  "huge json indent": "{{ [1]|tojson(10**10) }}",
  "huge batch": "{{ [1]|batch(10**10, 0)|list }}",
  "huge slice": "{{ [1]|slice(10**10)|list }}",
  "huge tabs": "{{ '\\t'.expandtabs(10**10) }}",
  "huge lipsum": "{{ lipsum(10**10) }}",
  "huge paragraph": "{{ lipsum(1, min=10**9, max=10**9 + 1) }}",
  "huge power": "{{ 10 ** (10 ** 10) }}",
  "power of powers": "{{ 9 ** (9 ** (9 ** 9)) }}",
  "growing product": "{% set n = namespace(x=3) %}{% for i in range(9999) %}{% set n.x = n.x * n.x %}{% endfor %}",
  "self-include": "{% include 'self' %}",
  "self-extends": "{% extends 'parent' %}",
  "self-import": "{% import 'import' as x %}",
  "cyclic list":
    "{% set l = [] %}{% do l.append(l) %}{% for i in range(99999) %}{{ l }}{{ l == [l] }}{% endfor %}{% for i in range(99999) %}{% for j in range(999) %}{% endfor %}{% endfor %}",
  "cyclic lists compared": "{% set a = [] %}{% set b = [] %}{% do a.append(b) %}{% do b.append(a) %}{{ a == b }}",
  "cyclic list as json": "{% set l = [] %}{% do l.append(l) %}{{ l|tojson }}",
  "cyclic list printed": "{% set l = [] %}{% do l.append(l) %}{{ l|pprint }}",
  "much output": "{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}",
  "much text": `{% for a in range(99999) %}${"x".repeat(1000)}{% endfor %}`,
  sorting: "{% for a in range(99999) %}{% set x = range(99999)|list|sort %}{% endfor %}",
  searching: "{% set l = range(99999)|list %}{% for a in l %}{{ -1 in l }}{% endfor %}",
  wrapping: "{{ ('ab ' * 1000000)|wordwrap(1) }}",
  linking: "{% for i in range(9999) %}{% set x = ('a@b.c www.a.b ' * 999 ~ 'a@' * 9999)|urlize %}{% endfor %}",
  stripping: "{% for i in range(9999) %}{% set x = ('<' * 1000000)|striptags %}{% endfor %}",
  "many filters": `{{ 'x'${"|upper".repeat(100000)} }}`,
  "deep parentheses": `${"{{ "}${"(".repeat(50000)}1${")".repeat(50000)} }}`,
  "deep lists": `{{ ${"[".repeat(50000)}${"]".repeat(50000)} }}`,
  "deep not": `{{ ${"not ".repeat(50000)}1 }}`,
  "deep ifs": `${"{% if 1 %}".repeat(20000)}`,
  "long sum": `{{ ${"1 + ".repeat(50000)}1 }}`,
  "long chain": `{{ x${".a".repeat(50000)} }}`,
};

// A busy machine makes everything slow; the soak run, which has one to itself, holds the promise to the letter.
const withinMs = process.env.BASALT_SOAK === "1" ? 1000 : 5000;

describe("bombs are stopped within a second", () => {
  it.each(Object.entries(bombs))("%s", (name, template) => {
    const begin = performance.now();
    let failure: unknown;
    try {
      sandbox().renderString(template);
    } catch (error) {
      failure = error;
    }
    expect(failure, name).toBeInstanceOf(JinjaError);
    expect(performance.now() - begin).toBeLessThan(withinMs);
  });
});
