import { describe, expect, test } from "vitest";
import { nameProblem } from "./names.js";

const long = (count: number): string => "x".repeat(count);

describe("names", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["worker", ["rack-1", "w_1.lab.example.org", long(100)], ["", "rack 1", "a/b", ".w", "wörker", long(101)]],
    ["device", ["bbb-01", "d.1", long(200)], ["d 1", "..", "a/b", "d\n", long(201)]],
    ["tag", ["hdmi", "usb-3_0", long(100)], ["bad tag", "usb.3", "a/b", "", long(101)]],
    ["device type", ["imx8mq-evk", "x+y z", long(50)], ["a/b", " a", "a ", ".", "..", "a\u0007", long(51)]],
    ["user", ["ann@example.org", "jörg_2+x"], ["", "Ann Example", "a/b", long(151)]],
    ["group", ["Board owners"], ["", " ", "..", "a/b", long(201)]],
  ])("of a %s", (what, good, bad) => {
    expect(good.filter((name) => nameProblem(what, name) !== undefined)).toEqual([]);
    expect(bad.filter((name) => nameProblem(what, name) === undefined)).toEqual([]);
  });

  test("what is wrong is said with what is right", () => {
    expect(nameProblem("tag", "bad tag")).toBe(
      "'bad tag' can't be the name of a tag: 1 to 100 characters, letters, digits, '-' and '_'",
    );
  });
});
