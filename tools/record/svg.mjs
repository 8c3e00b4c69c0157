const cell = { width: 7.8, height: 17 };
const margin = { side: 14, top: 38, bottom: 12 };
const quote = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0");

function runToSvg({ x, text, fill, bold, dim }, y) {
  const lead = text.length - text.trimStart().length;
  const shown = text.slice(lead);
  const style = `${fill ? ` fill="${fill}"` : ""}${bold ? ' font-weight="bold"' : ""}${dim ? ' opacity="0.6"' : ""}`;
  const width = (shown.length * cell.width).toFixed(1);
  const left = (margin.side + (x + lead) * cell.width).toFixed(1);
  return `<text x="${left}" y="${y}" textLength="${width}"${style}>${quote(shown)}</text>`;
}

const frameToSvg = (lines) =>
  lines
    .map((runs, row) => runs.map((run) => runToSvg(run, margin.top + (row + 1) * cell.height - 4)).join(""))
    .join("\n");

/** When each frame is seen, as keyframes; the last one is also what a viewer without animation shows. */
function animation(frames, totalMs) {
  const percent = (ms) => ((100 * ms) / totalMs).toFixed(2);
  const rules = frames.map(({ atMs }, i) => {
    const endMs = frames[i + 1]?.atMs ?? totalMs;
    const before = atMs > 0 ? "0%{visibility:hidden}" : "";
    const after = endMs < totalMs ? `${percent(endMs)}%,100%{visibility:hidden}` : "100%{visibility:visible}";
    return `@keyframes f${i}{${before}${percent(atMs)}%{visibility:visible}${after}}#f${i}{animation:f${i} ${totalMs}ms step-end infinite}`;
  });
  return rules.join("\n");
}

/** Frames of a terminal (`{ atMs, lines }`) as one SVG that plays them in a loop, holding the last for `holdMs`. */
export function toSvg(frames, { columns, rows, title, holdMs }) {
  const width = Math.round(columns * cell.width + 2 * margin.side);
  const height = margin.top + rows * cell.height + margin.bottom;
  const totalMs = frames.at(-1).atMs + holdMs;
  const lights = ["#e06c75", "#e5c07b", "#98c379"].map(
    (fill, i) => `<circle cx="${20 + 18 * i}" cy="18" r="5.5" fill="${fill}"/>`,
  );
  const groups = frames.map(
    ({ lines }, i) =>
      `<g id="f${i}" visibility="${i === frames.length - 1 ? "visible" : "hidden"}">\n${frameToSvg(lines)}\n</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="#d7dae0">
<title>${quote(title)}</title>
<style>${animation(frames, totalMs)}</style>
<rect width="100%" height="100%" rx="8" fill="#1e2127"/>
${lights.join("")}
${groups.join("\n")}
</svg>
`;
}
