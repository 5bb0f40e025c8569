/** Asks for what the service remembers of meters' last hour: anew each quarter hour, many in one request. */

import { ApiError, get, type EnergyReport, type LoadProfiles } from "../api.ts";
import { HOUR_MS, iso } from "../time.ts";
import { QUARTER_MS } from "./days.ts";
import { remembered, settledMeans, type Trail } from "./trail.ts";

const SETTLED_AFTER_MS = 20_000;
const AT_ONCE = 100;

export class Recall {
  readonly #asked = new Set<string>();
  #quarter = 0;

  constructor(readonly trail: Trail) {}

  /** Resolves with whether there is more to draw. */
  async wanted(meters: readonly string[], now: number): Promise<boolean> {
    const quarter = Math.floor((now - SETTLED_AFTER_MS) / QUARTER_MS);
    if (quarter !== this.#quarter) this.#asked.clear();
    this.#quarter = quarter;
    const fresh = meters.filter((meter) => !this.#asked.has(meter));
    for (const meter of fresh) this.#asked.add(meter);
    let found = false;
    for (let first = 0; first < fresh.length; first += AT_ONCE) found = (await this.#answered(fresh.slice(first, first + AT_ONCE), now)) || found;
    return found;
  }

  /** What did not arrive is asked for again when it is next wanted; what is refused, in the next quarter hour. */
  async #answered(meters: readonly string[], now: number): Promise<boolean> {
    try {
      await this.#ask(meters, now);
      return true;
    } catch (error) {
      const refused = error instanceof ApiError && error.status < 500;
      if (!refused) for (const meter of meters) this.#asked.delete(meter);
      return false;
    }
  }

  async #ask(meter: readonly string[], now: number): Promise<void> {
    const asked = { from: iso(now - HOUR_MS), to: iso(now), meter };
    const [energy, profiles] = await Promise.all([
      get<EnergyReport>("/energy", { ...asked, step: "15min", by: "meter", quantity: "energy_import" }),
      get<LoadProfiles>("/load-profiles", { ...asked, step: "1min" }),
    ]);
    const means = settledMeans(energy);
    for (const profile of profiles.meters) {
      this.trail.recall(profile.meter, remembered(profiles.times, profile.power_kw, means.get(profile.meter) ?? new Map()));
    }
  }
}
