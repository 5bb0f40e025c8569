/** <pw-cost>: bill, demand, plan and movable loads, one at a time. */

import { html, type TemplateResult } from "lit";
import "../styles/cost.css";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { may, store } from "../store.ts";
import { VIEWS } from "../route.ts";

const LATER: Record<string, () => Promise<unknown>> = {
  bill: () => import("./bill.ts"),
  demand: () => import("./demand.ts"),
  plan: () => import("../plan/page.ts"),
  shifts: () => import("./shifts.ts"),
};

const SHOWN: Record<string, () => TemplateResult> = {
  bill: () => html`<pw-bill></pw-bill>`,
  demand: () => html`<pw-demand-month></pw-demand-month>`,
  plan: () => html`<pw-plan></pw-plan>`,
  shifts: () => html`<pw-shifts></pw-shifts>`,
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

  protected override willUpdate(): void {
    void LATER[this.#view]?.();
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const named: Record<string, string> = { bill: words.bill, demand: words.demand, plan: words.planBoard, shifts: words.movable };
    return html`<h1 class="hidden">${words.costTitle}</h1>
      <nav class="periods views" aria-label=${words.costTitle}>
        ${this.#views.map((view) => html`<a href=${href({ ...store.route, view, by: null, show: null })} aria-current=${view === this.#view ? "page" : "false"}>${named[view]}</a>`)}
      </nav>
      ${SHOWN[this.#view]?.()}`;
  }
}

customElements.define("pw-cost", CostPage);
