// The part of a log that is on the page: asks for lines by their numbers, so that none is lost or there twice, whatever happened in between.
// A log of a million lines is no heavier than a short one.
import { askServer } from "./connection.js";

/** Rows kept; those farther away are loaded again when they are needed. */
const most = 3_000;
const dropped = 500;

const numberOf = (row) => Number(row.id.slice(1));

function rowsOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** `wanted()`: which lines, as fields of a query. */
export function makeLogWindow(section, { wanted, changed }) {
  const list = section.querySelector(".log");
  const { job, from, to, count } = section.dataset;
  const state = {
    from: Number(from),
    to: Number(to),
    count: Number(count),
    finished: "finished" in section.dataset,
  };

  async function ask(where) {
    const query = new URLSearchParams([...Object.entries(where), ...wanted()]);
    const answer = await askServer(`/jobs/${encodeURIComponent(job)}/lines?${query}`);
    const part = await answer.json();
    state.count = part.count;
    state.finished = part.finished;
    changed(state);
    return part;
  }

  async function show(where) {
    const part = await ask(where);
    list.replaceChildren(rowsOf(part.html));
    state.from = part.from;
    state.to = part.to;
    await fill("to" in where);
  }

  /** Lines after those shown, as far as there are any. */
  async function later() {
    const part = await ask({ from: state.to });
    list.append(rowsOf(part.html));
    state.to = part.to;
    while (list.children.length > most) {
      const height = list.scrollHeight;
      const top = list.scrollTop;
      for (let index = 0; index < dropped; index++) list.firstElementChild.remove();
      state.from = numberOf(list.firstElementChild);
      list.scrollTop = top - (height - list.scrollHeight);
    }
  }

  async function earlier() {
    if (state.from <= 1) return;
    const part = await ask({ to: state.from });
    const height = list.scrollHeight;
    list.prepend(rowsOf(part.html));
    state.from = part.from;
    list.scrollTop += list.scrollHeight - height;
    while (list.children.length > most) {
      for (let index = 0; index < dropped; index++) list.lastElementChild.remove();
      state.to = numberOf(list.lastElementChild) + 1;
    }
  }

  /** Where few lines are wanted, one look may not find enough of them to scroll. */
  async function fill(back) {
    const asked = String(wanted());
    const isFull = () => list.scrollHeight > list.clientHeight + 200 || asked !== String(wanted());
    while (!isFull() && (back ? state.from > 1 : state.to <= state.count)) await (back ? earlier() : later());
  }

  /** Whether it is there. */
  async function goTo(line) {
    const id = `L${line}`;
    if (!document.getElementById(id)) await show({ around: line });
    const row = document.getElementById(id);
    for (const old of list.querySelectorAll(".target")) old.classList.remove("target");
    row?.classList.add("target");
    section.scrollIntoView({ block: "start" });
    if (row) list.scrollTop = row.offsetTop - list.offsetTop - list.clientHeight / 3;
    return row !== null;
  }

  return {
    state,
    show,
    later,
    earlier,
    goTo,
    count: () => ask({ from: state.to, limit: 0 }),
    atEnd: () => list.scrollHeight - list.scrollTop - list.clientHeight < 600,
    toEnd: () => {
      list.scrollTop = list.scrollHeight;
    },
    /** The first line that can be seen. */
    first: () => {
      const row = [...list.children].find(({ offsetTop }) => offsetTop - list.offsetTop >= list.scrollTop);
      return row ? numberOf(row) : state.from;
    },
  };
}
