import { expect, it } from "vitest";
import { curveKeyPair } from "zeromq";
import { isKeyPair } from "./is-key-pair.js";

it("tells pairs that libsodium made from halves of different ones", () => {
  const [a, b] = [curveKeyPair(), curveKeyPair()];
  expect(isKeyPair(a)).toBe(true);
  expect(isKeyPair({ publicKey: b.publicKey, secretKey: a.secretKey })).toBe(false);
  expect(isKeyPair({ publicKey: a.secretKey, secretKey: a.publicKey })).toBe(false);
  expect(isKeyPair({ publicKey: "", secretKey: "short" })).toBe(false);
});
