/** Times as the park's clock shows them, whatever zone the browser is in. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${zone}|${key}`;
  const known = formats.get(id) ?? new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", ...options });
  formats.set(id, known);
  return known;
}

/** 14:05 */
export function clock(at: number, zone: string): string {
  return format(zone, "clock", { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** 14:05:09 */
export function clockSeconds(at: number, zone: string): string {
  return format(zone, "seconds", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);
}

/** 2026-11-22 */
export function day(at: number, zone: string): string {
  return format(zone, "day", { year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
}

/** 11-22 */
export function shortDay(at: number, zone: string): string {
  return day(at, zone).slice(5);
}

/** 2026-11-22 14:05:09 */
export function moment(at: number, zone: string): string {
  return `${day(at, zone)} ${clockSeconds(at, zone)}`;
}

/** Milliseconds that the zone's clock is ahead of UTC at an instant. */
function ahead(at: number, zone: string): number {
  const parts = format(zone, "parts", {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(at);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(read("year"), read("month") - 1, read("day"), read("hour"), read("minute"), read("second"));
  return local - Math.floor(at / 1000) * 1000;
}

/** The instant at which a local day begins; `shift` counts days from the one that holds `at`. */
export function startOfDay(at: number, zone: string, shift = 0): number {
  const local = Date.parse(`${day(at, zone)}T00:00:00Z`) + shift * DAY_MS;
  const guess = local - ahead(local, zone);
  return local - ahead(guess, zone);
}

/** The instant at which the zone's clock shows 2026-11-22T14:05. */
export function instantOf(shown: string, zone: string): number {
  const local = Date.parse(`${shown}Z`);
  return local - ahead(local - ahead(local, zone), zone);
}

export function iso(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}
