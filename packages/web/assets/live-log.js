// The log of a job: loads more as one scrolls, follows a job that runs, goes to a line, shows only the lines that are wanted.
import { listen } from "./connection.js";
import { makeLogWindow } from "./log-window.js";

const poll = 2_000;
const section = document.querySelector("#log");
const list = section.querySelector(".log");
const form = section.querySelector(".log-tools");
const follow = section.querySelector("#follow");
const counter = section.querySelector("#log-count");
const empty = section.querySelector(".log-empty");

/** Levels, and the text that lines have. */
function wanted() {
  const boxes = [...form.querySelectorAll("input[name=level]")];
  const on = boxes.filter((box) => box.checked);
  const levels = on.length === boxes.length ? [] : on.map((box) => ["level", box.value]);
  const text = form.elements.text.value;
  return text === "" ? levels : [...levels, ["text", text]];
}

const view = makeLogWindow(section, {
  wanted,
  changed({ count }) {
    counter.textContent = `${count.toLocaleString("en")} ${count === 1 ? "line" : "lines"}`;
    if (count > 0) empty.textContent = "No such line here.";
  },
});
const { state } = view;

/** One thing at a time: what is asked for depends on what is there. What failed was said, and is tried again. */
let busy = Promise.resolve();
const inTurn = (work) => {
  busy = busy.then(work).catch(() => {});
  return busy;
};

const goTo = (line) => {
  follow.checked = false;
  void inTurn(async () => {
    if (await view.goTo(line)) return;
    // it is not among the lines that were wanted: all are, then
    for (const box of form.querySelectorAll("input[name=level]")) box.checked = true;
    form.elements.text.value = "";
    await view.goTo(line);
  });
};

const showLast = async () => {
  await view.show({ to: state.count + 1 });
  view.toEnd();
};

/** Lines may have been added: follows them, or says only how many there are. */
async function more() {
  if (!follow.checked && !(view.atEnd() && state.to > state.count)) {
    await view.count();
    return;
  }
  await view.later();
  if (!follow.checked) return;
  if (state.to <= state.count) await showLast();
  else view.toEnd();
}

list.addEventListener("scroll", () => {
  if (list.scrollTop < 400 && state.from > 1) void inTurn(async () => list.scrollTop < 400 && view.earlier());
  else if (view.atEnd() && state.to <= state.count) void inTurn(async () => view.atEnd() && view.later());
});
const letGo = () => {
  follow.checked = false;
};
list.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && letGo(), { passive: true });
list.addEventListener("touchmove", letGo, { passive: true });
list.addEventListener("keydown", ({ key }) => ["ArrowUp", "PageUp", "Home"].includes(key) && letGo());

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const line = Number(form.elements.line.value);
  if (line > 0) goTo(line);
});
form.addEventListener("change", ({ target }) => {
  if (target.name === "line") return;
  const from = view.first();
  void inTurn(() => (follow.checked ? showLast() : view.show({ from: target.name === "text" ? 1 : from })));
});
follow.addEventListener("change", () => {
  if (follow.checked) void inTurn(() => (state.to <= state.count ? showLast() : view.toEnd()));
});
document.addEventListener("click", (event) => {
  const line = event.target.closest?.("[data-line]")?.dataset.line;
  if (line === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(undefined, "", `#L${line}`);
  goTo(Number(line));
});
const fromHash = () => {
  const line = /^#L(\d+)$/.exec(location.hash)?.[1];
  if (line !== undefined) goTo(Number(line));
  return line !== undefined;
};
addEventListener("hashchange", fromHash);

let waiting = false;
function soon(wait = 150) {
  // a page that nobody looks at asks when it is looked at again
  if (waiting || document.hidden) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    void inTurn(more).then(told);
  }, wait);
}

function told() {
  document.dispatchEvent(new CustomEvent("basalt:log"));
  if (!state.finished) return;
  follow.closest("label").hidden = true;
  if (follow.checked && state.to <= state.count) soon();
}

section.querySelector(".pager")?.remove();
form.querySelector("button").textContent = "Go";
follow.closest("label").hidden = state.finished;
if (!fromHash() && !state.finished) {
  follow.checked = true;
  view.toEnd();
}
if (!state.finished) {
  const { live } = section.dataset;
  // only what comes from now on: what was there is loaded in parts
  if (live)
    listen(() => `${live}?from=${state.count}`, { ring: () => soon(), isOver: () => state.finished, again: poll });
  // where the socket can't be had (a proxy in the way), it is slower, no more
  const timer = setInterval(() => (state.finished ? clearInterval(timer) : soon(0)), poll);
  document.addEventListener("visibilitychange", () => soon(0));
  addEventListener("online", () => soon(0));
}
