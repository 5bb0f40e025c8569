/** The last hour of each meter's power for the sparklines: what this tab saw, before it what the service remembers. */

import type { EnergyReport } from "../api.ts";
import { MINUTE_MS } from "../time.ts";
import { QUARTER_MS } from "./days.ts";

const STEP_MS = 10_000;
const KEPT = 361;
const PER_QUARTER = QUARTER_MS / MINUTE_MS;
const ENOUGH = 5;

export interface Point {
  at: number;
  kw: number | null;
}

export class Trail {
  readonly #seen = new Map<string, Point[]>();
  readonly #remembered = new Map<string, readonly Point[]>();

  points(meter: string): readonly Point[] {
    const seen = this.#seen.get(meter) ?? [];
    const first = seen[0]?.at ?? Infinity;
    const earlier = this.#remembered.get(meter)?.filter((point) => point.at < first) ?? [];
    return [...earlier, ...seen].slice(-KEPT);
  }

  /** Adds a live value; within one step the newest stands. */
  add(meter: string, at: number, kw: number | null): void {
    const points = this.#seen.get(meter) ?? [];
    this.#seen.set(meter, points);
    const step = Math.floor(at / STEP_MS) * STEP_MS;
    if (points.at(-1)?.at === step) points.pop();
    points.push({ at: step, kw });
    if (points.length > KEPT) points.splice(0, points.length - KEPT);
  }

  /** Takes what the service remembers in place of what it said before. */
  recall(meter: string, earlier: readonly Point[]): void {
    this.#remembered.set(meter, earlier);
  }
}

/** A point a minute [kW]; minutes that were not read, and quarter hours with few that were, take their settled mean. */
export function remembered(times: readonly string[], power: readonly (number | null)[], settled: ReadonlyMap<number, number>): Point[] {
  const minutes = times.map((time, i) => ({ at: Date.parse(time), kw: power[i] ?? null }));
  const quarters = [...new Set(minutes.map((point) => quarterOf(point.at)))];
  return quarters.flatMap((start) => {
    const read = minutes.filter((point) => quarterOf(point.at) === start);
    const mean = settled.get(start);
    const few = read.filter((point) => point.kw !== null).length < Math.min(ENOUGH, read.length);
    return few && mean !== undefined ? level(start, mean) : read.map((point) => ({ ...point, kw: point.kw ?? mean ?? null }));
  });
}

function quarterOf(at: number): number {
  return Math.floor(at / QUARTER_MS) * QUARTER_MS;
}

function level(start: number, kw: number): Point[] {
  return Array.from({ length: PER_QUARTER }, (_, i) => ({ at: start + i * MINUTE_MS, kw }));
}

/** The mean power [kW] that each meter took in settled quarter hours, by their start. */
export function settledMeans(report: EnergyReport): Map<string, Map<number, number>> {
  const means = new Map<string, Map<number, number>>();
  for (const series of report.series) {
    const own = new Map<number, number>();
    series.values.forEach((value, i) => value !== null && own.set(Date.parse(report.times[i] ?? ""), 4 * value));
    means.set(series.key, own);
  }
  return means;
}
