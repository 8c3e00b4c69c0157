import { expect, test } from "vitest";
import { chooseAcceleration } from "./acceleration.js";

const broken = { usable: false, reason: "the probe's guest hung" };
const works = { usable: true, reason: "" };

test.each([
  [
    ["qemu", "-enable-kvm", "-cpu", "host"],
    ["qemu", "-accel", "tcg", "-cpu", "max"],
  ],
  [
    ["qemu", "-machine", "q35,accel=kvm:tcg"],
    ["qemu", "-machine", "q35,accel=tcg"],
  ],
  [
    ["qemu", "-accel", "kvm", "-accel", "tcg"],
    ["qemu", "-accel", "tcg", "-accel", "tcg"],
  ],
])("%j without a KVM that works", (argv, expected) => {
  const chosen = chooseAcceleration(argv, broken);
  expect(chosen.argv).toEqual(expected);
  expect(chosen.note).toContain("TCG");
  expect(chosen.note).toContain(broken.reason);
  expect(chooseAcceleration(argv, works).argv).toEqual(argv);
});

test("a file whose name holds kvm asks for nothing", () => {
  const argv = ["qemu", "-drive", "file=/images/kvm.img"];
  expect(chooseAcceleration(argv, broken).argv).toEqual(argv);
});
