import { expect, it } from "vitest";
import { displayUrl } from "./display-url.js";

it.each([
  ["https://ann:secret@example.org/a?b=c@d", "https://ann:***@example.org/a?b=c@d"],
  ["https://ann:sec@ret@example.org/a", "https://ann:***@example.org/a"],
  ["https://token@example.org/a", "https://***@example.org/a"],
  ["ssh://git@example.org/a", "ssh://git@example.org/a"],
  ["http://example.org:8000/a:b@c", "http://example.org:8000/a:b@c"],
])("shows %s as %s", (given, shown) => {
  expect(displayUrl(given)).toBe(shown);
});

it("hides the password of an address that is quoted in another one", () => {
  const quoted = (address: string) => `http://cache.lab/get?url=${encodeURIComponent(address)}&x=1`;
  expect(displayUrl(quoted("https://ann:secret@example.org/a@b"))).toBe(
    `http://cache.lab/get?url=https%3A%2F%2F***%40example.org%2Fa%40b&x=1`,
  );
  expect(displayUrl(quoted("https://ann:s%2Fe@cret@example.org/a"))).not.toContain("cret");
  for (const plain of [quoted("https://example.org/a@b"), quoted("https://example.org?a=b@c")])
    expect(displayUrl(plain)).toBe(plain);
});
