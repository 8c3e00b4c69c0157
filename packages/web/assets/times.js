// Moments in the viewer's own time: "3 minutes ago" with the moment as its title, or the moment itself.
const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

function inWords(seconds) {
  const [unit, size] = units.find(([, least]) => Math.abs(seconds) >= least) ?? ["second", 1];
  return words.format(Math.trunc(seconds / size), unit);
}

function update() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at)) continue;
    const seconds = (at - Date.now()) / 1_000;
    // older than a month: the date says more
    const isNear = "relative" in time.dataset && Math.abs(seconds) < 30 * 86_400;
    const text = isNear ? inWords(seconds) : moment.format(at);
    if (time.textContent === text) continue;
    time.textContent = text;
    time.title = `${whole.format(at)} (${time.dateTime.slice(0, 19).replace("T", " ")} UTC)`;
  }
}

update();
setInterval(update, 15_000);
document.addEventListener("basalt:changed", update);
