import { toBasaltError } from "@basalt/core";
import { loginPage, mePage } from "@basalt/web";
import { mustBeKnown } from "../services/access.js";
import { get, localPath, type PageRequest, type PageRoute, post } from "./page-request.js";

async function showLogin({ frame, query, asker }: PageRequest) {
  const next = localPath(query.get("next"));
  return asker ? { redirect: next } : { html: loginPage(frame, { next }) };
}

async function logIn({ services, frame, form, address }: PageRequest) {
  const next = localPath(form.get("next"));
  const username = form.get("username") ?? "";
  try {
    const found = await services.people.logIn(username, form.get("password") ?? "", { address });
    if (found) return { redirect: next, cookie: found.cookie };
    return { status: 401, html: loginPage(frame, { next, username, problem: "Name or password are wrong." }) };
  } catch (error) {
    const { message, details } = toBasaltError(error);
    if (details.status !== 429) throw error;
    return { status: 429, html: loginPage(frame, { next, username, problem: message }) };
  }
}

async function logOut({ services, cookie }: PageRequest) {
  if (cookie !== undefined) await services.people.logOut(cookie);
  return { redirect: "/?said=logged-out", cookie: null };
}

async function showMe(
  { services, asker, frame }: PageRequest,
  fresh?: { readonly description: string; readonly token: string },
) {
  const person = mustBeKnown(asker, "looking at one's own account");
  const [user, tokens] = await Promise.all([
    services.people.user(person, person.username),
    services.people.tokens(person),
  ]);
  return {
    html: mePage(frame, {
      username: user.username,
      groups: user.groups,
      isSuperuser: user.is_superuser,
      tokens: tokens.map(({ id, description, created_on, last_used_on }) => ({
        id,
        description,
        created: created_on,
        used: last_used_on,
      })),
      fresh,
    }),
  };
}

async function addToken(request: PageRequest) {
  const description = (request.form.get("description") ?? "").trim();
  const { token } = await request.services.people.addToken(request.asker, { description });
  // shown at once: no address may bring it back
  return showMe(request, { description, token });
}

async function removeToken({ services, asker, params: { id = "" } }: PageRequest) {
  await services.people.removeToken(asker, Number(id));
  return { redirect: "/me?said=token-removed" };
}

/** Coming, going, and one's own account. */
export const peopleRoutes: readonly PageRoute[] = [
  get("/login", showLogin),
  post("/login", logIn),
  post("/logout", logOut),
  get("/me", (request) => showMe(request)),
  post("/me/tokens", addToken),
  post("/me/tokens/:id/remove", removeToken),
];
