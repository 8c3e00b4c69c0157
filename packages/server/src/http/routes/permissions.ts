import { codenamesOf } from "../../people/rights.js";
import { notFound } from "../../submit/refusals.js";
import { answers, gives, givesPage, json, nothing, pageQuery, sliceAnswer } from "../answers.js";
import { type ApiRequest, defineRoute, type Route } from "../route.js";

const tag = "people";
type Row = Awaited<ReturnType<ApiRequest["services"]["people"]["permissions"]>>[number];

/** Rights of groups on single things of a kind. */
export const permissionRoutes = (kind: "device" | "devicetype"): readonly Route[] => {
  const path = `/api/v0.2/permissions/${kind}s/`;
  const name = kind === "device" ? "Device" : "DeviceType";
  const view = ({ codename, ...row }: Row): object => ({ ...row, permission: `${codename}_${kind}` });
  return [
    defineRoute({
      method: "get",
      path,
      id: `list${name}Permissions`,
      tag,
      summary: `Rights of groups on single ${kind === "device" ? "devices" : "device types"}.`,
      query: { ...pageQuery, object: { type: "string" } },
      answers: answers({ 200: givesPage("Permission") }, 403),
      async handle(request) {
        const object = request.query.get("object") ?? undefined;
        return sliceAnswer(request, await request.services.people.permissions(request.asker, kind, object), view);
      },
    }),
    defineRoute({
      method: "post",
      path,
      id: `grant${name}Permission`,
      tag,
      summary: "Grant one.",
      body: {
        type: "object",
        required: ["group", "permission", "object"],
        properties: {
          group: { type: "string" },
          object: { type: "string" },
          permission: { type: "string", enum: codenamesOf[kind].map((codename) => `${codename}_${kind}`) },
        },
      },
      answers: answers({ 201: gives("Permission", "It is granted.") }, 403, 404),
      async handle({ services, asker, body }) {
        const codename = codenamesOf[kind].find((word) => body.permission === `${word}_${kind}`) ?? "view";
        const [group, object] = [String(body.group), String(body.object)];
        await services.people.grant(asker, { kind, object, group, codename });
        const rows = await services.people.permissions(asker, kind, object);
        const row = rows.find((item) => item.group === group && item.codename === codename);
        if (!row) throw notFound("ERR_NOT_FOUND", "the permission was taken away again");
        return json(view(row), 201);
      },
    }),
    defineRoute({
      method: "delete",
      path: `${path}{permission}/`,
      id: `revoke${name}Permission`,
      tag,
      summary: "Take one away.",
      answers: answers({ 204: { description: "It is gone." } }, 403, 404),
      async handle({ services, asker, params }) {
        const rows = await services.people.permissions(asker, kind);
        const row = rows.find(({ id }) => String(id) === params.permission);
        if (!row) throw notFound("ERR_NOT_FOUND", `there is no permission '${params.permission}' here`);
        await services.people.revoke(asker, row.id);
        return nothing;
      },
    }),
  ];
};
