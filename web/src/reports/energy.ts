/** <pw-energy>: electricity a day, by enterprise. */

import { nothing } from "lit";
import { get, type EnergyReport } from "../api.ts";
import { store } from "../store.ts";
import { DailyPage } from "./daily.ts";

class EnergyPage extends DailyPage<EnergyReport> {
  protected override readonly unit = "kWh";
  protected override readonly file = "energy";

  protected override heading(): string {
    return this.words.dailyEnergy;
  }

  protected override asked(query: Record<string, string>): Promise<EnergyReport> {
    return get<EnergyReport>("/energy", { ...query, quantity: "energy_import" });
  }

  /** The day's load curve. */
  protected override picked(day: string): void {
    store.go({ view: "profile", day, subjects: [] });
  }

  protected override below(): typeof nothing {
    return nothing;
  }
}

customElements.define("pw-energy", EnergyPage);
