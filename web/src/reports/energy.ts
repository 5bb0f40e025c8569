/** <pw-energy>: electricity a day, by enterprise. */

import { nothing } from "lit";
import { get, type EnergyReport } from "../api.ts";
import { DailyPage } from "./daily.ts";

class EnergyPage extends DailyPage<EnergyReport> {
  protected override readonly unit = "kWh";

  protected override heading(): string {
    return this.words.dailyEnergy;
  }

  protected override ask(query: Record<string, string>): Promise<EnergyReport> {
    return get<EnergyReport>("/energy", { ...query, quantity: "energy_import" });
  }

  protected override below(): typeof nothing {
    return nothing;
  }
}

customElements.define("pw-energy", EnergyPage);
