import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const listed = (root, folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true })
        .map((path) => join(folder, path))
        .filter((path) => path.endsWith(".md") && !path.includes("node_modules"))
    : [];

/** Every page that people read: the root's, docs/, the packages' and the examples' READMEs. */
export function pages(root) {
  const atRoot = readdirSync(root).filter((name) => name.endsWith(".md"));
  const readmes = listed(root, "packages").filter((path) => /^packages\/[^/]+\/README\.md$/.test(path));
  return [...atRoot, ...listed(root, "docs"), ...readmes, ...listed(root, "examples")].sort();
}

/** How GitHub names a heading's anchor. */
const anchor = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");

const anchorsOf = (text) => new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading)));

/** Links and pictures of a page that lead nowhere in the repository; links to elsewhere are not followed. */
export function deadLinks(root, page) {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/```[\s\S]*?```/g, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(([, a, b]) => a ?? b);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", fragment] = link.split("#");
    const target = path === "" ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    return fragment !== undefined && !anchorsOf(readFileSync(join(root, target), "utf8")).has(fragment);
  });
}

/** Commands of a page's `sh` blocks, one a line, without the prompt and without what they print. */
export function shellCommands(root, page) {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block
      .split("\n")
      .map((line) =>
        line
          .replace(/^\$ /, "")
          .replace(/\s+#.*$/, "")
          .trim(),
      )
      .filter((line) => line !== "" && !line.startsWith("#")),
  );
}
