import { isJsonObject, type JsonObject } from "@basalt/core";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { badRequest } from "../submit/refusals.js";
import type { Route } from "./route.js";

// forms have texts only: "true" and "5" become what the schema wants
const ajv = new Ajv2020({ allErrors: true, coerceTypes: true, allowUnionTypes: true, strict: false });
const checks = new WeakMap<Route, ValidateFunction>();

const fieldOf = ({ instancePath, params }: ErrorObject): string =>
  instancePath.split("/")[1] ?? String(params.missingProperty ?? params.additionalProperty ?? "body");

const wordsOf = (error: ErrorObject): string =>
  error.keyword === "required" ? "This field is required." : (error.message ?? "It is wrong.");

/** A body that its route's schema accepts. @throws ERR_BODY (400), with what is wrong by field */
export function checkBody(route: Route, body: unknown): JsonObject {
  if (!route.body) return {};
  const given = body === undefined || body === "" ? {} : body;
  let check = checks.get(route);
  if (!check) {
    check = ajv.compile(route.body);
    checks.set(route, check);
  }
  if (check(given) && isJsonObject(given)) return given;
  const fields: Record<string, string[]> = {};
  for (const error of check.errors ?? []) {
    const field = fieldOf(error);
    fields[field] = [...(fields[field] ?? []), wordsOf(error)];
  }
  const said = Object.entries(fields).map(([field, words]) => `${field}: ${words.join("; ")}`);
  throw badRequest("ERR_BODY", said.join(" ") || "the body must be a mapping", { details: { fields } });
}
