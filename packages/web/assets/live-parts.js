// Keeps the part of a page that changes (#parts) up to date: asks for it again when the server says that something happened, and now and
// then where it can't say so.
import { askServer, listen } from "./connection.js";

const fastest = 1_000;
const usual = 5_000;
let ended = document.querySelector("#parts")?.hasAttribute("data-done") ?? true;
let timer;
let last = 0;

/** Which of the things that can have the focus has it. */
function focused(parts) {
  const all = [...parts.querySelectorAll("a, button, input, select, summary")];
  return { at: all.indexOf(document.activeElement), count: all.length };
}

async function refresh() {
  clearTimeout(timer);
  timer = undefined;
  last = Date.now();
  const parts = document.querySelector("#parts");
  if (!parts || ended) return;
  try {
    if (!document.hidden) await replace(parts);
  } catch {
    // it was said, and the server may come back
  }
  if (!ended) later(usual);
}

async function replace(parts) {
  const answer = await askServer(parts.dataset.parts, { headers: { accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#parts");
  if (!fresh) return;
  for (const box of parts.querySelectorAll("input[type=checkbox][id]")) {
    const same = fresh.querySelector(`#${box.id}`);
    if (same) same.checked = box.checked;
  }
  for (const details of parts.querySelectorAll("details[id]")) {
    const same = fresh.querySelector(`#${details.id}`);
    if (same) same.open = details.open;
  }
  const { at, count } = focused(parts);
  parts.replaceWith(fresh);
  const candidates = fresh.querySelectorAll("a, button, input, select, summary");
  if (at >= 0 && candidates.length === count) candidates[at].focus({ preventScroll: true });
  if (fresh.dataset.title) document.title = fresh.dataset.title;
  ended = fresh.hasAttribute("data-done");
  document.dispatchEvent(new CustomEvent("basalt:changed"));
}

function later(wait) {
  clearTimeout(timer);
  timer = setTimeout(() => void refresh(), wait);
}

/** Something happened: look soon, but not more often than once a second. */
function soon() {
  if (!ended) later(Math.max(50, last + fastest - Date.now()));
}

const live = document.querySelector("#parts")?.dataset.live;
if (live && !ended) listen(() => live, { ring: soon, isOver: () => ended, again: usual });
document.addEventListener("basalt:log", soon);
document.addEventListener("visibilitychange", soon);
if (!ended) later(usual);
