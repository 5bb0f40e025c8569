/** <pw-health>: which meters answer and which are dead. */

import { html, nothing, type TemplateResult } from "lit";
import type { Meter, MeterLive, MeterState } from "../api.ts";
import { span } from "../i18n/words.ts";
import { stateDot, stateWord } from "../parts/state.ts";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";

const STATES: readonly MeterState[] = ["live", "late", "stale", "never"];
const LISTED = 8;

class Health extends View {
  protected override render(): TemplateResult {
    return html`<h2>${this.words.health}</h2>
      ${store.live ? this.#filled() : nothing}`;
  }

  #filled(): TemplateResult {
    const silent = this.#silent();
    return html`<ul class="counts">${STATES.map((state) => this.#count(state))}</ul>
      ${silent.length === 0 ? html`<p class="all-good">${this.words.healthGood}</p>` : this.#list(silent)}
      <p class="more"><a href=${href({ ...store.route, page: "meters", meter: null })}>${this.words.allMeters}</a></p>`;
  }

  #count(state: MeterState): TemplateResult {
    const count = store.live?.counts[state] ?? 0;
    return html`<li class="count-${state} ${count === 0 ? "none" : ""}">
      ${stateDot(state, this.words)}<span class="digits">${count}</span><span class="label">${stateWord(state, this.words)}</span>
    </li>`;
  }

  #silent(): MeterLive[] {
    const rows = [...(store.live?.meters.values() ?? [])];
    const dead = rows.filter((row) => row.state === "stale" || row.state === "never");
    return dead.sort((a, b) => rank(a) - rank(b) || (a.time ?? "").localeCompare(b.time ?? ""));
  }

  #list(rows: readonly MeterLive[]): TemplateResult {
    return html`<ul class="silent">
      ${rows.slice(0, LISTED).map((row) => this.#line(row, store.meters.get(row.meter)))}
      ${rows.length > LISTED ? html`<li class="rest">${this.words.more(rows.length - LISTED)}</li>` : nothing}
    </ul>`;
  }

  #line(row: MeterLive, meter: Meter | undefined): TemplateResult {
    return html`<li data-meter=${row.meter}>
      ${stateDot(row.state, this.words)}
      <a href=${href({ ...store.route, page: "meters", meter: row.meter })}>${this.name(meter?.name, row.meter)}</a>
      <span class="age age-${row.state}">${this.#age(row)}</span>
    </li>`;
  }

  #age(row: MeterLive): string {
    if (row.time === null) return this.words.neverSeen;
    const age = span((store.now() - Date.parse(row.time)) / 1000, store.route.language);
    return `${stateWord(row.state, this.words)} · ${this.words.ago(age)}`;
  }
}

function rank(row: MeterLive): number {
  return row.state === "stale" ? 0 : 1;
}

customElements.define("pw-health", Health);
