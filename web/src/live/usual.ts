/** What meters and areas usually buy in this quarter hour of the week: the mean of the four weeks before, as the alert rule "deviation" reckons it. */

import { get, type EnergyReport } from "../api.ts";
import { painted } from "../parts/painted.ts";
import { daysBefore, iso } from "../time.ts";
import { QUARTER_MS } from "./days.ts";

const WEEKS = [1, 2, 3, 4] as const;
const LEAST_WEEKS = 2;
const MEASURED = 0.9;
const QUARTERS_AN_HOUR = 4;

export type Loads = ReadonlyMap<string, number>;

export class Usual {
  /** Mean import power [kW] by meter and by area; without those that are not known in at least two weeks. */
  meters: Loads = new Map();
  areas: Loads = new Map();
  #slot = 0;

  constructor(readonly told: () => void) {}

  /** Asks once a quarter hour; an answer that fails leaves nothing to compare with. */
  wanted(now: number, zone: string): void {
    const slot = Math.floor(now / QUARTER_MS) * QUARTER_MS;
    if (slot === this.#slot) return;
    this.#slot = slot;
    void this.#ask(slot, zone);
  }

  async #ask(slot: number, zone: string): Promise<void> {
    await painted();
    const [meters, areas] = await Promise.all([loadsOf("meter", slot, zone), loadsOf("area", slot, zone)]).catch(() => [new Map(), new Map()]);
    if (slot !== this.#slot) return;
    [this.meters, this.areas] = [meters ?? new Map(), areas ?? new Map()];
    this.told();
  }
}

async function loadsOf(by: "meter" | "area", slot: number, zone: string): Promise<Loads> {
  const reports = await Promise.all(WEEKS.map((week) => {
    const from = daysBefore(slot, zone, 7 * week);
    return get<EnergyReport>("/energy", { from: iso(from), to: iso(from + QUARTER_MS), step: "15min", by, quantity: "energy_import" });
  }));
  return meansOf(reports);
}

/** Of quarter hours that were measured in at least two of the reports [kW]. */
export function meansOf(reports: readonly Pick<EnergyReport, "series">[]): Loads {
  const found = new Map<string, number[]>();
  for (const { key, values, coverage } of reports.flatMap((report) => report.series)) {
    const [kwh, share] = [values[0] ?? null, coverage[0] ?? 0];
    if (kwh !== null && share >= MEASURED) found.set(key, [...(found.get(key) ?? []), QUARTERS_AN_HOUR * kwh]);
  }
  const known = [...found].filter(([, weeks]) => weeks.length >= LEAST_WEEKS);
  return new Map(known.map(([key, weeks]) => [key, weeks.reduce((a, b) => a + b, 0) / weeks.length]));
}
