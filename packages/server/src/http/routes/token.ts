import { refusal } from "../../submit/refusals.js";
import { answers, json } from "../answers.js";
import { type Answer, type ApiRequest, defineRoute } from "../route.js";

const unauthorized = refusal(401);
const description = "made by api/v0.2/token/";
/** Clients that log in each time must not fill the table: the one that was not used for longest makes room. */
const mostMade = 10;

async function makeToken({ services, address, body }: ApiRequest): Promise<Answer> {
  const found = await services.people.logIn(String(body.username), String(body.password), { address });
  if (!found) throw unauthorized("ERR_LOGIN", "username and password don't belong together");
  await services.people.logOut(found.cookie);
  const made = (await services.people.tokens(found.person)).filter((token) => token.description === description);
  const used = ({ last_used_on, created_on }: (typeof made)[number]): number => (last_used_on ?? created_on).getTime();
  const oldest = [...made].sort((a, b) => used(a) - used(b))[0];
  if (oldest && made.length >= mostMade) await services.people.removeToken(found.person, oldest.id);
  const { token } = await services.people.addToken(found.person, { description });
  return json({ token });
}

/** A log-in for programs. */
export const makeTokenRoute = defineRoute({
  method: "post",
  path: "/api/v0.2/token/",
  id: "makeToken",
  tag: "people",
  summary: "A token for a name and a password. Attempts are counted by address and by name.",
  body: {
    type: "object",
    required: ["username", "password"],
    properties: { username: { type: "string" }, password: { type: "string" } },
  },
  answers: answers(
    {
      200: {
        description: "Shown here and never again; at most ten made so are kept for each user.",
        schema: { type: "object", required: ["token"], properties: { token: { type: "string" } } },
      },
    },
    429,
  ),
  handle: makeToken,
});
