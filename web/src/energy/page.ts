/** <pw-energy-page>: by day, load over days, flow and balance, one at a time. */

import { html, nothing, type TemplateResult } from "lit";
import "../styles/energy.css";
import { later, type Load } from "../parts/later.ts";
import { View } from "../parts/view.ts";
import { href, VIEWS } from "../route.ts";
import { store, wholePark } from "../store.ts";

const SHOWN: Record<string, [load: Load, drawn: TemplateResult]> = {
  daily: [() => import("../reports/energy.ts"), html`<pw-energy></pw-energy>`],
  profile: [() => import("./profile.ts"), html`<pw-profile></pw-profile>`],
  flow: [() => import("./flow.ts"), html`<pw-flow></pw-flow>`],
  balance: [() => import("./balance.ts"), html`<pw-balance></pw-balance>`],
};

class EnergyPage extends View {
  get #view(): string {
    return this.#views.find((view) => view === store.route.view) ?? "daily";
  }

  /** The rates of flows rest on the pools of the whole park. */
  get #views(): string[] {
    return (VIEWS.energy ?? []).filter((view) => view !== "flow" || wholePark());
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const shown = SHOWN[this.#view];
    const named: Record<string, string> = { daily: words.byDay, profile: words.loadOverDays, flow: words.flowTitle, balance: words.balanceTitle };
    return html`<nav class="periods views" aria-label=${words.energy}>
        ${this.#views.map((view) => html`<a href=${href({ ...store.route, view, by: null, show: null })} aria-current=${view === this.#view ? "page" : "false"}>${named[view]}</a>`)}
      </nav>
      ${shown ? later(...shown, words) : nothing}`;
  }
}

customElements.define("pw-energy-page", EnergyPage);
