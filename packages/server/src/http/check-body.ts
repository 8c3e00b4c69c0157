import { closest, isJsonObject, type JsonObject } from "@basalt/core";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { badRequest } from "../submit/refusals.js";
import type { Route } from "./route.js";

// forms have texts only: "true" and "5" become what the schema wants
const ajv = new Ajv2020({ allErrors: true, verbose: true, coerceTypes: true, allowUnionTypes: true, strict: false });
const checks = new WeakMap<Route, ValidateFunction>();

const fieldOf = ({ instancePath, params }: ErrorObject): string =>
  instancePath.split("/")[1] ?? String(params.missingProperty ?? params.additionalProperty ?? "body");

const longestShown = 60;

function wordsOf({ keyword, params, data, message }: ErrorObject): string {
  if (keyword === "required") return "This field is required.";
  if (keyword !== "enum") return message ?? "It is wrong.";
  const value = String(data);
  const allowed = (params.allowedValues as readonly unknown[]).map(String);
  const near = closest(value, allowed);
  const hint = near === undefined ? ":" : `, did you mean '${near}'?`;
  return `'${value.slice(0, longestShown)}' is none${hint} expected one of ${allowed.join(", ")}`;
}

/**
 * A body that its route's schema accepts. Fields that the schema does not name pass, and nobody reads them: Django REST framework does the
 * same, and LAVA's clients send back objects as they got them, with fields that can't be written. @throws ERR_BODY (400), with what is wrong by field */
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
