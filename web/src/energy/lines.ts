/** Mean power of quarter hours over many days: as lines, as a field of days and hours, by how long it lasted. */

import type { BandSpan, Series } from "../api.ts";
import { QUARTER_MS, type Span } from "../live/days.ts";
import { HOUR_MS } from "../time.ts";

const POINTS = 101;

export interface Quarter {
  /** Its start [ms]. */
  at: number;
  kw: number | null;
  estimated: boolean;
}

export type Point = [hours: number, kw: number | null];

export interface Facts {
  kwh: number | null;
  mean: number | null;
  most: number | null;
  mostAt: number | null;
  /** Mean over maximum. */
  factor: number | null;
  coverage: number | null;
}

export interface Line {
  code: string;
  label: string;
  token: string;
  quarters: Quarter[];
  /** The same over the period that it is compared with, moved onto this one. */
  against: Quarter[];
}

export interface Profile {
  span: Span;
  lines: Line[];
  bands: BandSpan[];
  /** Readings of the one meter of the one day that is looked at. */
  readings: { at: number; kw: number }[];
}

/** Quarter hours until `now` out of amounts [kWh]. */
export function quartersOf(times: readonly string[], series: Series | undefined, now: number): Quarter[] {
  return times
    .map((time, i) => {
      const kwh = series?.values[i] ?? null;
      return { at: Date.parse(time), kw: kwh === null ? null : 4 * kwh, estimated: series?.estimated[i] ?? false };
    })
    .filter((one) => one.at + QUARTER_MS <= now);
}

/** Level from each start to its end, open where nothing is known: x in hours since `start`. */
export function stepsOf(quarters: readonly Quarter[], start: number, estimated: boolean): Point[] {
  const points: Point[] = [];
  quarters.forEach((one, i) => {
    if (one.kw === null || one.estimated !== estimated) return;
    const [from, to] = [one.at, one.at + QUARTER_MS].map((at) => (at - start) / HOUR_MS) as [number, number];
    points.push([from, one.kw], [to, one.kw]);
    const next = quarters[i + 1];
    if (!next || next.kw === null || next.estimated !== estimated) points.push([to, null]);
  });
  return points;
}

/** The power that was reached or passed for 0, 1 … 100 % of the known time [kW]. */
export function durationOf(quarters: readonly Quarter[]): number[] {
  const falling = quarters.map((one) => one.kw).filter((kw) => kw !== null).sort((a, b) => b - a);
  if (falling.length === 0) return [];
  return Array.from({ length: POINTS }, (_, percent) => falling[Math.round((percent / 100) * (falling.length - 1))] ?? 0);
}

/** What is estimated sets no maximum. */
export function factsOf(quarters: readonly Quarter[]): Facts {
  const known = quarters.filter((one) => one.kw !== null);
  if (known.length === 0) return { kwh: null, mean: null, most: null, mostAt: null, factor: null, coverage: null };
  const kwh = known.reduce((sum, one) => sum + (one.kw ?? 0) / 4, 0);
  const mean = (4 * kwh) / known.length;
  const read = known.filter((one) => !one.estimated);
  const top = read.reduce<Quarter | null>((best, one) => (best === null || (one.kw ?? 0) > (best.kw ?? 0) ? one : best), null);
  const most = top?.kw ?? null;
  return { kwh, mean, most, mostAt: top?.at ?? null, factor: most ? mean / most : null, coverage: read.length / quarters.length };
}

/** What tells two answers apart to a drawing. */
export function versionOf(lines: readonly Line[]): string {
  return lines.map((line) => [line.code, line.quarters.length, line.quarters.at(-1)?.kw, line.quarters[0]?.at, line.against.length, line.quarters.filter((one) => one.kw === null).length].join()).join(";");
}
