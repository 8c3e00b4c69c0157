import { Refused } from "./refused.js";

const date = /^(\d{4})-(\d\d)-(\d\d)$/;
const dateTime =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::(\d\d))?))?$/;

const two = (value: number): string => String(value).padStart(2, "0");

/**
 * A timestamp as the text Python's `str()` prints for the datetime PyYAML makes of it: `2026-01-31`,
 * `2026-01-31 10:00:00.500000+02:00`. A string, because LAVA only ever prints them and JSON has no other form.
 * Undefined where the text is no timestamp; {@link Refused} where PyYAML would fail (month 13).
 */
export function readTimestamp(text: string): string | Refused | undefined {
  const day = date.exec(text);
  if (day) return readDate(text, day[1], day[2], day[3]);
  const full = dateTime.exec(text);
  if (!full) return undefined;
  const [, year, month, dayOfMonth, hour, minute, second, fraction, zulu, sign, zoneHour, zoneMinute] = full;
  const calendar = readDate(text, year, month, dayOfMonth);
  if (calendar instanceof Refused) return calendar;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return refused(text);
  const micros = (fraction ?? "").slice(0, 6).padEnd(6, "0");
  const clock = `${two(Number(hour))}:${minute}:${second}${micros === "000000" ? "" : `.${micros}`}`;
  if (!sign) return `${calendar} ${clock}${zulu ? "+00:00" : ""}`;
  const offset = Number(zoneHour) * 60 + Number(zoneMinute ?? "0");
  if (offset >= 24 * 60) return refused(text);
  return `${calendar} ${clock}${offset === 0 ? "+" : sign}${two(Math.floor(offset / 60))}:${two(offset % 60)}`;
}

function readDate(text: string, ...parts: (string | undefined)[]): string | Refused {
  const [year = 0, month = 0, day = 0] = parts.map(Number);
  const last = new Date(Date.UTC(year < 100 ? year + 2000 : year, month, 0)).getUTCDate();
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > last) return refused(text);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

const refused = (text: string): Refused =>
  new Refused(`${text} is not a date of the calendar: put it in quotes if it is text`);
