/** <pw-meter-tree>: every meter under its area and its upstream meter, with its health. */

import { html, nothing, type TemplateResult } from "lit";
import type { Meter } from "../api.ts";
import { span } from "../i18n/words.ts";
import { scaleFor, type Scale } from "../numbers.ts";
import { figure } from "../parts/figure.ts";
import { stateDot, stateWord } from "../parts/state.ts";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { may, store } from "../store.ts";
import { groupsOf, type Branch, type Group } from "./branches.ts";

class MeterTree extends View {
  static override properties = { shown: { attribute: false } };
  /** The meter that stands beside the tree. */
  declare shown: string | null | undefined;
  #search = "";

  protected override render(): TemplateResult {
    const words = this.words;
    const groups = groupsOf(store.site?.areas ?? [], [...store.meters.values()], (meter) => this.#matches(meter));
    const scale = scaleFor("kW", [...(store.live?.meters.values() ?? [])].map((row) => row.power_kw), 10_000);
    return html`${may("manage-site") ? html`<a class="add-meter" href=${href({ ...store.route, meter: null, adding: true })}>+ ${words.addMeter}</a>` : nothing}
      <input
        type="search"
        class="search"
        aria-label=${words.search}
        placeholder=${words.search}
        @input=${(event: Event) => this.#filter(event)}
      />
      <div class="tree">
        ${groups.length === 0 && store.site ? html`<p class="empty">${words.noMatch}</p>` : nothing}
        ${groups.map((group) => this.#group(group, scale))}
      </div>`;
  }

  #filter(event: Event): void {
    this.#search = (event.target as HTMLInputElement).value.trim().toLowerCase();
    this.requestUpdate();
  }

  #matches(meter: Meter): boolean {
    const area = store.site?.areas.find((one) => one.code === meter.enterprise);
    const texts = [meter.code, meter.name.en, meter.name.zh, area?.name.en ?? "", area?.name.zh ?? ""];
    return texts.some((text) => text.toLowerCase().includes(this.#search));
  }

  #group(group: Group, scale: Scale): TemplateResult {
    return html`<section>
      <h2>${this.name(group.area?.name, this.words.unplaced)}</h2>
      <ul>${group.branches.map((branch) => this.#branch(branch, scale))}</ul>
    </section>`;
  }

  #branch(branch: Branch, scale: Scale): TemplateResult {
    return html`<li>
      ${this.#line(branch.meter, scale)}
      ${branch.below.length > 0 ? html`<ul>${branch.below.map((one) => this.#branch(one, scale))}</ul>` : nothing}
    </li>`;
  }

  #line(meter: Meter, scale: Scale): TemplateResult {
    const row = store.live?.meters.get(meter.code);
    const state = row?.state ?? meter.state;
    const old = state === "stale" || state === "never";
    return html`<a
      class="meter-line ${old ? "is-stale" : ""}"
      data-meter=${meter.code}
      aria-current=${this.shown === meter.code ? "true" : "false"}
      href=${href({ ...store.route, page: "meters", meter: meter.code })}
    >
      ${stateDot(state, this.words)}
      <span class="meter-name">
        ${this.name(meter.name, meter.code)} ${old ? html`<span class="age age-${state}">${this.#age(row?.time ?? null, state)}</span>` : nothing}
      </span>
      <span class="meter-figure">${this.#figure(meter, scale)}</span>
    </a>`;
  }

  #age(time: string | null, state: "stale" | "never"): string {
    if (time === null) return stateWord("never", this.words);
    const age = span((store.now() - Date.parse(time)) / 1000, store.route.language);
    return `${stateWord(state, this.words)} · ${this.words.ago(age)}`;
  }

  /** Its power, or else the first flow it shows. */
  #figure(meter: Meter, scale: Scale): TemplateResult | typeof nothing {
    const row = store.live?.meters.get(meter.code);
    if (!row) return nothing;
    if (row.power_kw !== null) return figure(row.power_kw, scale, "kW", { estimated: row.by_counter === true });
    const shown = Object.entries(row.values).find(([name]) => store.site?.quantities[name]?.kind === "gauge");
    const unit = shown && store.site?.quantities[shown[0]]?.unit;
    return shown && unit ? figure(shown[1], { unit, divisor: 1 }, unit) : nothing;
  }
}

customElements.define("pw-meter-tree", MeterTree);
