export { cookieOf, sessionCookie } from "./authenticate.js";
export * from "./health.js";
export * from "./make-http-app.js";
export * from "./metrics.js";
export { openApiDocument } from "./openapi.js";
export { isSameOrigin } from "./same-origin.js";
export * from "./state.js";
