/** The load of single days on one axis: mean power of each quarter hour, measured and estimated apart. */

import type { EnergyReport, Series } from "../api.ts";
import { startOfDay } from "../time.ts";

export const QUARTER_MS = 900_000;

export type Line = (number | null)[];

export interface DayLine {
  /** Start of the local day [ms]. */
  start: number;
  measured: Line;
  estimated: Line;
}

export interface Span {
  from: number;
  to: number;
}

/** The local day `shift` days from the one that holds `at`. */
export function daySpan(at: number, zone: string, shift: number): Span {
  return { from: startOfDay(at, zone, shift), to: startOfDay(at, zone, shift + 1) };
}

/** Mean power [kW] of the day's quarter hours out of a report in kWh; all its series are added by their weight. */
export function dayLine(report: EnergyReport, span: Span, weight: (series: Series) => number = () => 4): DayLine {
  const slots = Math.round((span.to - span.from) / QUARTER_MS);
  const line: DayLine = { start: span.from, measured: empty(slots), estimated: empty(slots) };
  report.times.forEach((time, i) => {
    const slot = Math.round((Date.parse(time) - span.from) / QUARTER_MS);
    const known = report.series.filter((series) => series.values[i] != null);
    if (slot < 0 || slot >= slots || known.length === 0) return;
    const power = known.reduce((sum, series) => sum + weight(series) * (series.values[i] ?? 0), 0);
    const whole = known.length === report.series.length && known.every((series) => !series.estimated[i]);
    (whole ? line.measured : line.estimated)[slot] = power;
  });
  return line;
}

function empty(slots: number): Line {
  return new Array<number | null>(slots).fill(null);
}

/** Hours since the day began at which quarter hours begin, and the end of the last. */
export function edges(slots: number): number[] {
  return Array.from({ length: slots + 1 }, (_, i) => i / 4);
}

export function padded(line: Line, length: number): Line {
  return Array.from({ length }, (_, i) => line[i] ?? null);
}

export function hasValues(line: DayLine): boolean {
  return [...line.measured, ...line.estimated].some((value) => value !== null);
}

