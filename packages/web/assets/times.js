// Turns moments into "3 minutes ago"; the exact time stays as the title.
const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function inWords(seconds) {
  const [unit, size] = units.find(([, least]) => Math.abs(seconds) >= least) ?? ["second", 1];
  return words.format(Math.trunc(seconds / size), unit);
}

function update() {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1_000;
    // older than a month: the date says more
    if (Number.isNaN(seconds) || Math.abs(seconds) > 30 * 86_400) continue;
    const text = inWords(seconds);
    if (time.textContent !== text) time.textContent = text;
  }
}

update();
setInterval(update, 15_000);
document.addEventListener("basalt:changed", update);
