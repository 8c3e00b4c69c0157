// The log of a job: loads more as one scrolls, follows a job that runs, goes to a line, shows some levels only. Asks for parts of lines,
// so that a log of a million lines is no heavier than a short one.
const section = document.querySelector("#log");
const list = section.querySelector(".log");
const form = section.querySelector(".log-tools");
const follow = section.querySelector("#follow");
const counter = section.querySelector("#log-count");
const { job, live } = section.dataset;
const state = {
  from: Number(section.dataset.from),
  to: Number(section.dataset.to),
  count: Number(section.dataset.count),
  finished: "finished" in section.dataset,
};
/** Rows kept; those farther away are loaded again when they are needed. */
const most = 3_000;
const poll = 2_000;
let busy = Promise.resolve();

const levels = () => {
  const boxes = [...form.querySelectorAll("input[name=level]")];
  const on = boxes.filter((box) => box.checked);
  return on.length === boxes.length ? [] : on.map((box) => box.value);
};

/** One thing at a time: what is asked for depends on what is there. */
const inTurn = (work) => {
  busy = busy.then(work).catch(() => {});
  return busy;
};

async function ask(where) {
  const query = new URLSearchParams(where);
  for (const level of levels()) query.append("level", level);
  const answer = await fetch(`/jobs/${encodeURIComponent(job)}/lines?${query}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const part = await answer.json();
  state.count = part.count;
  state.finished = part.finished;
  counter.textContent = `${part.count.toLocaleString("en")} ${part.count === 1 ? "line" : "lines"}`;
  return part;
}

function rows(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function show(part) {
  list.replaceChildren(rows(part.html));
  state.from = part.from;
  state.to = part.to;
}

const numberOf = (row) => Number(row.id.slice(1));
const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 600;
const toEnd = () => {
  list.scrollTop = list.scrollHeight;
};

/** Lines after those shown, as far as there are any. */
async function loadLater() {
  const part = await ask({ from: state.to });
  list.append(rows(part.html));
  state.to = part.to;
  while (list.children.length > most) {
    const height = list.scrollHeight;
    const top = list.scrollTop;
    for (let index = 0; index < 500; index++) list.firstElementChild.remove();
    state.from = numberOf(list.firstElementChild);
    list.scrollTop = top - (height - list.scrollHeight);
  }
}

async function loadEarlier() {
  if (state.from <= 1) return;
  const part = await ask({ to: state.from });
  const height = list.scrollHeight;
  list.prepend(rows(part.html));
  state.from = part.from;
  list.scrollTop += list.scrollHeight - height;
  while (list.children.length > most) {
    for (let index = 0; index < 500; index++) list.lastElementChild.remove();
    state.to = numberOf(list.lastElementChild) + 1;
  }
}

async function goTo(line) {
  follow.checked = false;
  let row = document.getElementById(`L${line}`);
  if (!row) {
    show(await ask({ around: line }));
    row = document.getElementById(`L${line}`);
  }
  for (const old of list.querySelectorAll(".target")) old.classList.remove("target");
  row?.classList.add("target");
  section.scrollIntoView({ block: "start" });
  if (row) list.scrollTop = row.offsetTop - list.offsetTop - list.clientHeight / 3;
}

/** Lines may have been added: follows them, or says only how many there are. */
async function more() {
  if (!follow.checked && !(atEnd() && state.to > state.count)) {
    await ask({ from: state.to, limit: 0 });
    return;
  }
  await loadLater();
  if (!follow.checked) return;
  if (state.to <= state.count) show(await ask({ to: state.count + 1 }));
  toEnd();
}

list.addEventListener("scroll", () => {
  if (list.scrollTop < 400 && state.from > 1) void inTurn(async () => list.scrollTop < 400 && loadEarlier());
  else if (atEnd() && state.to <= state.count) void inTurn(async () => atEnd() && loadLater());
});
list.addEventListener(
  "wheel",
  ({ deltaY }) => {
    if (deltaY < 0) follow.checked = false;
  },
  { passive: true },
);
list.addEventListener("keydown", ({ key }) => {
  if (["ArrowUp", "PageUp", "Home"].includes(key)) follow.checked = false;
});

form.addEventListener("submit", (event) => {
  const line = Number(form.elements.line.value);
  event.preventDefault();
  if (line > 0) void inTurn(() => goTo(line));
});
form.addEventListener("change", ({ target }) => {
  if (target.name !== "level") return;
  const first = [...list.children].find((row) => row.offsetTop - list.offsetTop >= list.scrollTop);
  void inTurn(async () => {
    show(await ask(follow.checked ? { to: state.count + 1 } : { from: first ? numberOf(first) : state.from }));
    if (follow.checked) toEnd();
  });
});
follow.addEventListener("change", () => {
  if (follow.checked)
    void inTurn(async () => {
      if (state.to <= state.count) show(await ask({ to: state.count + 1 }));
      toEnd();
    });
});
document.addEventListener("click", (event) => {
  const line = event.target.closest?.("[data-line]")?.dataset.line;
  if (line === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(undefined, "", `#L${line}`);
  void inTurn(() => goTo(Number(line)));
});
const fromHash = () => {
  const line = /^#L(\d+)$/.exec(location.hash)?.[1];
  if (line !== undefined) void inTurn(() => goTo(Number(line)));
  return line !== undefined;
};
addEventListener("hashchange", fromHash);

section.querySelector(".pager")?.remove();
form.querySelector("button").textContent = "Go";
follow.closest("label").hidden = state.finished;
if (!fromHash() && !state.finished) {
  follow.checked = true;
  toEnd();
}

let waiting = false;
function soon(wait = 150) {
  if (waiting) return;
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

function listen() {
  // only what comes from now on: what was there is loaded in parts
  const socket = new WebSocket(new URL(`${live}?from=${state.count}`, location.href.replace(/^http/, "ws")));
  socket.addEventListener("message", () => soon());
  socket.addEventListener("close", () => {
    soon();
    if (!state.finished) setTimeout(listen, poll);
  });
}
if (!state.finished) {
  if (live) listen();
  // where the socket can't be had (a proxy in the way), it is slower, no more
  const timer = setInterval(() => (state.finished ? clearInterval(timer) : soon(0)), poll);
}
