import { type JsonSchema, text, texts } from "./json-schema.js";

// Section 1.8 of lava-dispatcher.md. Only a server reads it.

const statuses = ["all", "finished", "running", "complete", "canceled", "incomplete"];

const recipient: JsonSchema = {
  type: "object",
  required: ["to"],
  properties: {
    to: {
      type: "object",
      description: "Whom to tell.",
      required: ["method"],
      properties: {
        method: { enum: ["email", "irc"], description: "How." },
        user: text("Name of an account."),
        email: text("Mail address."),
        handle: text("Name on IRC."),
        server: text("IRC server."),
      },
    },
  },
};

const callback: JsonSchema = {
  type: "object",
  description: "A URL to call.",
  required: ["url"],
  properties: {
    url: text("URL to call."),
    method: { enum: ["GET", "POST"], description: "HTTP method." },
    token: text("Token to send."),
    header: text("HTTP header that carries the token."),
    dataset: { enum: ["minimal", "logs", "results", "all"], description: "What is sent." },
    "content-type": { enum: ["json", "urlencoded"], description: "How it is sent." },
  },
};

const query: JsonSchema = {
  type: "object",
  description: "Jobs to compare with: a stored query, or conditions.",
  properties: {
    username: text("Owner of the query."),
    name: text("Name of the query."),
    entity: text("What is looked for."),
    conditions: { description: "What the jobs must be like." },
  },
};

/** Whom a server tells what becomes of the job. */
export const notifySchema: JsonSchema = {
  type: "object",
  description: "Whom to tell what becomes of the job.",
  examples: [{ criteria: { status: "finished" }, recipients: [{ to: { method: "email", email: "me@example.com" } }] }],
  required: ["criteria"],
  not: { required: ["callback", "callbacks"] },
  "x-expected": "criteria, and callback or callbacks but not both",
  properties: {
    criteria: {
      type: "object",
      description: "When to tell.",
      required: ["status"],
      properties: {
        status: { enum: statuses, description: "State of the job." },
        type: {
          enum: ["regression", "progression"],
          description: "Only when the result has changed for the worse or the better.",
        },
        dependency_query: { description: "Only when all jobs that match are in this state too." },
      },
    },
    verbosity: { enum: ["verbose", "quiet", "status-only"], description: "How much to tell." },
    recipients: { type: "array", items: recipient, description: "Whom to tell." },
    callback,
    callbacks: { type: "array", items: callback, description: "URLs to call." },
    compare: {
      type: "object",
      description: "Compare the results with those of other jobs.",
      properties: { blacklist: texts("Test cases that are left out."), query },
    },
  },
};
