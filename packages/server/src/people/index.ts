export * from "./authenticator.js";
export * from "./login-limits.js";
export * from "./passwords.js";
export * from "./read-rights.js";
export * from "./rights.js";
export * from "./secrets.js";
export * from "./system-admin.js";
