import type { BasaltError } from "@basalt/core";

/** An error before a job started, as it is printed. A list of problems names the code of each. */
export const refusal = ({ message, code }: BasaltError): string =>
  message.includes("\n") ? message : `basalt: ${message} (${code})`;
