import { document, type Frame } from "../frame.js";

export interface TypeView {
  readonly name: string;
  readonly description: string;
  readonly architecture: string | null;
  readonly aliases: readonly string[];
  readonly idle: number;
  readonly busy: number;
  readonly offline: number;
  readonly queued: number;
  readonly jobLimit: number;
  readonly hasTemplate: boolean;
  /** `every 24 hours`, `off`, `none`. */
  readonly healthCheck: string;
}

/** The types of devices of the lab, and how busy each is. */
export const typesPage = (frame: Frame, { types }: { readonly types: readonly TypeView[] }): string =>
  document(frame, {
    title: "Device types",
    children: (
      <>
        <h1>Device types</h1>
        <div class="scroll-x">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Type</th>
                <th scope="col" class="num">
                  Idle
                </th>
                <th scope="col" class="num">
                  Busy
                </th>
                <th scope="col" class="num">
                  Not usable
                </th>
                <th scope="col" class="num">
                  Queued
                </th>
                <th scope="col">Health check</th>
                <th scope="col">Description</th>
              </tr>
            </thead>
            <tbody>
              {types.map((type) => (
                <tr id={type.name} key={type.name}>
                  <th scope="row">
                    <a href={`/devices?type=${encodeURIComponent(type.name)}`}>{type.name}</a>
                    {type.aliases.length > 0 && <div class="quiet">also {type.aliases.join(", ")}</div>}
                  </th>
                  <td class="num">{type.idle}</td>
                  <td class="num">{type.busy}</td>
                  <td class="num">{type.offline}</td>
                  <td class="num">
                    {type.queued > 0 ? (
                      <a href={`/jobs?state=Submitted&type=${encodeURIComponent(type.name)}`}>{type.queued}</a>
                    ) : (
                      0
                    )}
                  </td>
                  <td>{type.healthCheck}</td>
                  <td class="wide">
                    {type.description} {type.architecture !== null && <span class="quiet">{type.architecture}</span>}
                    {type.jobLimit > 0 && <span class="quiet"> at most {type.jobLimit} jobs at once</span>}
                    {!type.hasTemplate && <span class="quiet"> has no template</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {types.length === 0 && <p class="quiet">No types yet.</p>}
      </>
    ),
  });
