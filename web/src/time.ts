/** Times as the park's clock shows them, whatever zone the browser is in. */

import type { Clock } from "./api.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** A zone's clock; making one is dear, so that there is one a zone. */
function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone) ?? new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  clocks.set(zone, known);
  return known;
}

/** 14:05 */
export function clock(at: number, zone: string): string {
  return shown(at, zone).slice(11, 16);
}

/** 14:05:09 */
export function clockSeconds(at: number, zone: string): string {
  return shown(at, zone).slice(11, 19);
}

/** 2026-11-22 */
export function day(at: number, zone: string): string {
  return shown(at, zone).slice(0, 10);
}

/** 11-22 */
export function shortDay(at: number, zone: string): string {
  return day(at, zone).slice(5);
}

/** 2026-11-22 14:05:09 */
export function moment(at: number, zone: string): string {
  return shown(at, zone).slice(0, 19).replace("T", " ");
}

/** What the zone's clock shows, as if it were UTC. */
function shown(at: number, zone: string): string {
  return new Date(at + ahead(at, zone)).toISOString();
}

/** A stretch in which a zone's clock keeps one distance from UTC [ms]. */
interface Stretch {
  from: number;
  until: number;
  ahead: number;
}

const told = new Map<string, Stretch>();

/** What the service says of a zone's clock: the browser's own takes a tenth of a second to be made on a slow telephone. */
export function keepClock(zone: string, { from, to, ahead_s }: Clock): void {
  told.set(zone, { from: Date.parse(from), until: Date.parse(to), ahead: 1000 * ahead_s });
}

/** Milliseconds that the zone's clock is ahead of UTC at an instant. */
function ahead(at: number, zone: string): number {
  const known = told.get(zone);
  if (known && at >= known.from && at < known.until) return known.ahead;
  const parts = clockOf(zone).formatToParts(at);
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

/** The instant at which the zone's clock shows 2026-11-22 14:05. */
export function instantOf(shown: string, zone: string): number {
  const local = Date.parse(`${shown.replace(" ", "T")}Z`);
  return local - ahead(local - ahead(local, zone), zone);
}

/** The instant at which the zone's clock showed the same, days before. */
export function daysBefore(at: number, zone: string, days: number): number {
  return instantOf(new Date(at + ahead(at, zone) - days * DAY_MS).toISOString().slice(0, 19), zone);
}

export function iso(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}
