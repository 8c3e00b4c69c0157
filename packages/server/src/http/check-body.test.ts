import { expect, test } from "vitest";
import { checkBody } from "./check-body.js";
import { defineRoute } from "./route.js";

const route = defineRoute({
  method: "post",
  path: "/x/",
  id: "x",
  tag: "x",
  summary: "x",
  body: {
    type: "object",
    required: ["colour"],
    properties: { colour: { type: "string", enum: ["green", "blue"] }, count: { type: "integer", minimum: 1 } },
  },
  answers: {},
  handle: () => Promise.reject(new Error("not asked")),
});
const refused = (body: unknown): unknown => {
  try {
    checkBody(route, body);
  } catch (error) {
    return (error as { details: { fields: unknown } }).details.fields;
  }
  return undefined;
};

test("a word that is none is named, with those that there are and the nearest", () => {
  expect(refused({ colour: "gren" })).toEqual({
    colour: ["'gren' is none, did you mean 'green'? expected one of green, blue"],
  });
  expect(refused({ colour: "xyzzy" })).toEqual({ colour: ["'xyzzy' is none: expected one of green, blue"] });
});

test("what is missing, and all that is wrong", () => {
  expect(refused({ count: 0 })).toEqual({ colour: ["This field is required."], count: ["must be >= 1"] });
});

test("fields that are not known pass, as with LAVA's: clients send back what they got", () => {
  expect(refused({ colour: "green", state: "Idle" })).toBeUndefined();
});
