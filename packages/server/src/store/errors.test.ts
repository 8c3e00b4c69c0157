import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { infrastructureError } from "@basalt/core";
import { expect, it } from "vitest";
import { inWords, isConnectionLoss } from "./errors.js";

const noFile = (): Promise<unknown> => readFile("/nonexistent/file").catch((error: unknown) => error);
const noSocket = (): Promise<unknown> => new Promise((resolve) => connect("/nonexistent/socket").on("error", resolve));

it("tells a file that is not there from a database that is not", async () => {
  expect(isConnectionLoss(await noFile())).toBe(false);
  expect(isConnectionLoss(await noSocket())).toBe(true);
});

it("says what went wrong without the query", async () => {
  const broken = new Error("select * from secrets where a = $1 - Connection terminated unexpectedly");
  expect(inWords(broken)).toBe("the database went away: Connection terminated unexpectedly");
  const refused = Object.assign(new Error("insert into secrets (a) values ($1) - value too long"), { code: "22001" });
  expect(inWords(refused)).toBe("the database refused it: value too long");
  expect(inWords(infrastructureError("ERR_DATABASE_CONNECTION", "no database"))).toBe("no database");
  expect(inWords(await noFile())).toMatch(/^unexpected error: ENOENT/);
});
