/** The course of one meter's day: what flowed in each quarter hour, as settled, and in each minute, as read. */

import type { EnergyReport, ReadingRun, Series } from "../api.ts";
import { MINUTE_MS } from "../time.ts";
import { dayLine, type DayLine, type Line, type Span } from "../live/days.ts";

export interface Flow {
  /** Shows the flow at an instant; null: only amounts do. */
  gauge: string | null;
  /** Amounts that flow in; the first that was settled is drawn. */
  into: readonly string[];
  out: string | null;
  /** Of the gauge's unit for one of the amount's unit in an hour. */
  scale: number;
}

const KWH_PER_GJ = 1 / 3.6e-3;
const NONE: Flow = { gauge: null, into: [], out: null, scale: 1 };
const FLOWS: Record<string, Flow> = {
  electricity: { gauge: "active_power", into: ["energy_import"], out: "energy_export", scale: 1 },
  gas: { ...NONE, gauge: "gas_flow", into: ["gas_volume_20c", "gas_volume_15c", "gas_volume_0c", "gas_volume"] },
  fuel: { ...NONE, into: ["fuel_volume", "fuel_mass"] },
  steam: { ...NONE, gauge: "steam_flow", into: ["steam_mass"] },
  heat: { ...NONE, gauge: "heat_power", into: ["heat_energy"], scale: KWH_PER_GJ },
  cooling: { ...NONE, gauge: "cooling_power", into: ["cooling_energy"], scale: KWH_PER_GJ },
  compressed_air: { ...NONE, gauge: "air_flow", into: ["air_volume"] },
  water: { ...NONE, gauge: "water_flow", into: ["water_volume"] },
  recovered_heat: { ...NONE, gauge: "recovered_heat_power", into: ["recovered_heat_energy"], scale: KWH_PER_GJ },
  production: { ...NONE, into: ["production_count", "production_mass"] },
  ambient: { ...NONE, gauge: "ambient_temperature" },
};

export function flowOf(carrier: string): Flow {
  return FLOWS[carrier] ?? NONE;
}

/** The series that are drawn: of what flows in the first with any value, and what flows out against it. */
export function drawn(series: readonly Series[], flow: Flow): Series[] {
  const known = (name: string | null): Series | undefined =>
    series.find((one) => one.quantity === name && one.values.some((value) => value !== null));
  return [flow.into.map(known).find((one) => one !== undefined), known(flow.out)].filter((one) => one !== undefined);
}

/** The mean flow of a day's quarter hours, in the gauge's unit. */
export function quarters(report: EnergyReport, flow: Flow, span: Span): DayLine {
  const series = drawn(report.series, flow);
  return dayLine({ ...report, series }, span, (one) => (one.quantity === flow.out ? -4 : 4) * flow.scale);
}

/** The mean of each minute of a day that was read in it. */
export function minutes(run: ReadingRun, gauge: string | null, span: Span): Line {
  const line = new Array<number | null>(Math.round((span.to - span.from) / MINUTE_MS)).fill(null);
  const values = (gauge && run.quantities[gauge]?.values) || [];
  run.times.forEach((time, i) => {
    const at = Math.floor((Date.parse(time) - span.from) / MINUTE_MS);
    if (at >= 0 && at < line.length) line[at] = values[i] ?? null;
  });
  return line;
}

const PER_QUARTER = 15;

/** A line of quarter hours laid over `length` minutes. */
export function spread(line: Line, length: number): Line {
  return Array.from({ length }, (_, i) => line[Math.floor(i / PER_QUARTER)] ?? null);
}
