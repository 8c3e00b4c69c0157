import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderLoader } from "./folder-loader.js";
import { createEnvironment } from "./index.js";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "jinja-folders-"));
  for (const folder of ["devices", "types", "types/sub"]) mkdirSync(join(root, folder));
  writeFileSync(join(root, "secret.txt"), "secret");
  writeFileSync(join(root, "types/a.jinja2"), "type a {{ x }}");
  writeFileSync(join(root, "types/sub/b.jinja2"), "sub b");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const environment = () =>
  createEnvironment({ loader: folderLoader([join(root, "devices"), join(root, "types"), join(root, "absent")]) });

describe("folderLoader", () => {
  it("finds a template in the first folder that has it, and in folders below", () => {
    const here = environment();
    expect(here.render("a.jinja2", { x: 1 })).toBe("type a 1");
    expect(here.render("sub/b.jinja2")).toBe("sub b");
    writeFileSync(join(root, "devices/a.jinja2"), "device a");
    expect(here.render("a.jinja2")).toBe("device a");
  });

  it("sees a changed file at once, also one of the same size", () => {
    const here = environment();
    expect(here.render("a.jinja2", { x: 1 })).toBe("type a 1");
    writeFileSync(join(root, "types/a.jinja2"), "type b {{ x }}");
    expect(here.render("a.jinja2", { x: 1 })).toBe("type b 1");
  });

  it.each([
    "../secret.txt",
    "sub/../../secret.txt",
    "/etc/passwd",
    "./a.jinja2",
    "sub//b.jinja2",
    "..\\secret.txt",
    "a.jinja2\0",
    "",
    "sub",
    "link",
    "loop",
    "linked/secret.txt",
  ])("does not load %j", (name) => {
    symlinkSync(join(root, "secret.txt"), join(root, "types/link"));
    symlinkSync(join(root, "types/loop"), join(root, "types/loop"));
    symlinkSync(root, join(root, "types/linked"));
    expect(() => environment().render(name)).toThrow(expect.objectContaining({ code: "ERR_JINJA_NOT_FOUND" }));
    expect(() => environment().renderString("{% include name %}", { name })).toThrow("(TemplateNotFound)");
  });
});
