/** <pw-cost>: bill, demand, plan and movable loads, one at a time. */

import { html, nothing, type TemplateResult } from "lit";
import "../styles/cost.css";
import { later, type Load } from "../parts/later.ts";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { may, store } from "../store.ts";
import { VIEWS } from "../route.ts";

const SHOWN: Record<string, [load: Load, drawn: TemplateResult]> = {
  bill: [() => import("./bill.ts"), html`<pw-bill></pw-bill>`],
  demand: [() => import("./demand.ts"), html`<pw-demand-month></pw-demand-month>`],
  plan: [() => import("../plan/page.ts"), html`<pw-plan></pw-plan>`],
  shifts: [() => import("./shifts.ts"), html`<pw-shifts></pw-shifts>`],
};

/** Views of whoever may plan; the others are of everybody who sees cost. */
const OF_PLANNERS = ["plan", "shifts"];

class CostPage extends View {
  get #views(): readonly string[] {
    return (VIEWS.cost ?? []).filter((view) => !OF_PLANNERS.includes(view) || may("plan-production"));
  }

  get #view(): string {
    return this.#views.find((view) => view === store.route.view) ?? "bill";
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const shown = SHOWN[this.#view];
    const named: Record<string, string> = { bill: words.bill, demand: words.demand, plan: words.planBoard, shifts: words.movable };
    return html`<h1 class="hidden">${words.costTitle}</h1>
      <nav class="periods views" aria-label=${words.costTitle}>
        ${this.#views.map((view) => html`<a href=${href({ ...store.route, view, by: null, show: null })} aria-current=${view === this.#view ? "page" : "false"}>${named[view]}</a>`)}
      </nav>
      ${shown ? later(...shown, words) : nothing}`;
  }
}

customElements.define("pw-cost", CostPage);
