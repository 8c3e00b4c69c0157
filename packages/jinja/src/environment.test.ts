import { describe, expect, it } from "vitest";
import {
  choiceLoader,
  createEnvironment,
  defineFilters,
  defineTests,
  JinjaError,
  lavaFilters,
  mapLoader,
} from "./index.js";

const failure = (work: () => unknown): JinjaError => {
  try {
    work();
  } catch (error) {
    if (error instanceof JinjaError) return error;
    throw error;
  }
  throw new Error("nothing failed");
};

describe("errors", () => {
  const environment = createEnvironment();
  it.each([
    ["a\n  {{ x.y }}", "ERR_JINJA_UNDEFINED", 2, 7],
    ["{{ a\n  +\n  b.c.d }}", "ERR_JINJA_UNDEFINED", 3, 6],
    ["{{ [1,\n 2]|join(\n 'x' + 1) }}", "ERR_JINJA_RUNTIME", 3, 2],
    ["{% if x %}\n{% endfor %}", "ERR_JINJA_SYNTAX", 2, 4],
    ["\n\n{{ 1|nope }}", "ERR_JINJA_SYNTAX", 3, 6],
    ["\n{{ 1 $ }}", "ERR_JINJA_SYNTAX", 2, 6],
    ["{# a\n b #}\n{%- include 'nope' %}", "ERR_JINJA_NOT_FOUND", 3, 5],
    ["{% macro m() %}\n{{ 1 / 0 }}{% endmacro %}\n{{ m() }}", "ERR_JINJA_RUNTIME", 2, 4],
    ["{{ ''.__class__ ~\n ''.__class__.x }}", "ERR_JINJA_SECURITY", 2, 14],
  ])("%j: %s at %d:%d", (template, code, line, column) => {
    const error = failure(() => environment.renderString(template, { a: 1, b: {} }, "t"));
    expect([error.code, error.line, error.column]).toEqual([code, line, column]);
    expect(error.message).toContain(`template "t", line ${line}, column ${column}: `);
    expect(error.details).toMatchObject({ template: "t", line, column });
    expect(error.kind).toBe("configuration");
  });

  it("names the template it happened in", () => {
    const loader = mapLoader({
      base: "\n{% block b %}{% endblock %}{{ x.y }}",
      child: "{% extends 'base' %}{% block b %}{{ 1 + '' }}{% endblock %}",
    });
    expect(failure(() => createEnvironment({ loader }).render("child")).position).toEqual({
      template: "child",
      line: 1,
      column: 37,
    });
    expect(failure(() => createEnvironment({ loader }).render("base")).position).toEqual({
      template: "base",
      line: 2,
      column: 32,
    });
  });
});

describe("environment", () => {
  it("compiles a text once and sees another text at once", () => {
    let reads = 0;
    let text = "{{ 1 }}";
    const environment = createEnvironment({
      loader: { getSource: () => ({ src: text.repeat(Math.min(1, ++reads)) }) },
    });
    expect(environment.render("t")).toBe("1");
    text = "{{ 2 }}";
    expect(environment.render("t")).toBe("2");
    expect(reads).toBe(2);
  });

  it("shows one version of a template for the whole of a render", () => {
    let version = 0;
    const loader = {
      getSource: (name: string) => ({ src: name === "v" ? String(version++) : "{% include 'v' %}{% include 'v' %}" }),
    };
    const environment = createEnvironment({ loader });
    expect(environment.render("main")).toBe("00");
    expect(environment.render("main")).toBe("11");
  });

  it("keeps nothing between renders", () => {
    const loader = mapLoader({
      lib: "{% set n = namespace(i=0) %}{% macro next() %}{% set n.i = n.i + 1 %}{{ n.i }}{% endmacro %}",
    });
    const environment = createEnvironment({ loader });
    const main = "{% import 'lib' as a %}{% import 'lib' as b %}{{ a.next() }}{{ b.next() }}";
    expect(environment.renderString(main)).toBe("12");
    expect(environment.renderString(main)).toBe("12");
  });

  it.each([
    ["lenient", "[]", "ERR_JINJA_UNDEFINED"],
    ["strict", "ERR_JINJA_UNDEFINED", "ERR_JINJA_UNDEFINED"],
    ["chainable", "[]", "[]"],
    ["debug", "[{{ x }}]", "ERR_JINJA_UNDEFINED"],
  ] as const)("undefined is %s", (undefinedKind, printed, attribute) => {
    const environment = createEnvironment({ undefinedKind });
    const outcome = (template: string): string => {
      try {
        return environment.renderString(template);
      } catch (error) {
        return (error as JinjaError).code;
      }
    };
    expect(outcome("[{{ x }}]")).toBe(printed);
    expect(outcome("[{{ x.y.z }}]")).toBe(attribute);
    expect(outcome("{{ x is defined }}{{ x|default('d') }}")).toBe("Falsed");
  });

  it("takes the first of several loaders", () => {
    const loader = choiceLoader([mapLoader({ a: "1" }), mapLoader({ a: "2", b: "3" })]);
    const environment = createEnvironment({ loader });
    expect(environment.render("a") + environment.render("b")).toBe("13");
  });

  it("takes filters, tests and globals of one's own", () => {
    const environment = createEnvironment({
      filters: defineFilters([
        ["wrap", "value, by=", (_, value, by = "*") => `${String(by)}${String(value)}${String(by)}`],
      ]),
      tests: defineTests([["small", "value", (_, value) => Number(value) < 10]]),
      globals: { site: { name: "lab" } },
    });
    expect(environment.renderString("{{ 'x'|wrap }}{{ 'x'|wrap(by='-') }}{{ 5 is small }}{{ site.name }}")).toBe(
      "*x*-x-Truelab",
    );
    expect(environment.renderString("{{ site }}", { site: 1 })).toBe("1");
  });
});

describe("a chainable undefined", () => {
  it("has __html__, as Jinja2's has: it counts as escaped", () => {
    const of = (undefinedKind: "chainable" | "lenient") =>
      createEnvironment({ undefinedKind }).renderString("{{ x is escaped }}");
    expect([of("chainable"), of("lenient")]).toEqual(["True", "False"]);
  });
});

describe("lavaFilters", () => {
  const environment = createEnvironment({ filters: lavaFilters });
  it.each([
    ['{{ "it\'s"|shlex_quote }}', "'it'\"'\"'s'"],
    ["{{ 'a-b'|shlex_quote }}{{ ''|shlex_quote }}", "a-b''"],
    ["{{ 'a\"b\\nc\\u00e9'|yaml_quote }}", '"a\\"b\\nc\\xE9"'],
    ["{{ 5|yaml_quote }} {{ true|yaml_quote }} {{ none|yaml_quote }}", '! "5" ! "true" ! "null"'],
    ["{{ ['a', 1]|yaml_quote }}{{ {'k': 'v'}|yaml_quote }}", '["a", ! "1"]{"k": "v"}'],
    [
      "{{ 'x86_64'|qemu_guest_fs_interface }} {{ 'arm64'|qemu_guest_fs_interface }} {{ 'arm64'|qemu_guest_fs_interface('scsi') }}",
      "ide virtio scsi",
    ],
  ])("%s", (template, text) => expect(environment.renderString(template)).toBe(text));

  it("are not there unless asked for", () => {
    expect(failure(() => createEnvironment().renderString("{{ 1|yaml_quote }}")).code).toBe("ERR_JINJA_SYNTAX");
  });
});
