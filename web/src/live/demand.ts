/** <pw-demand>: the quarter hour that runs now against the contract. */

import { html, nothing, svg, type TemplateResult } from "lit";
import type { Demand } from "../api.ts";
import { span } from "../i18n/words.ts";
import { exact, percent, scaleFor, three, type Scale } from "../numbers.ts";
import { figure } from "../parts/figure.ts";
import { View } from "../parts/view.ts";
import { store, wholePark } from "../store.ts";
import { clock, shortDay } from "../time.ts";

type Level = "good" | "warning" | "bad";

class DemandPanel extends View {
  protected override render(): TemplateResult {
    const demand = store.live?.park.demand;
    return html`<h2>${this.words.demandTitle}</h2>
      ${demand ? this.#filled(demand) : html`<p class="empty">${store.live ? (wholePark() ? this.words.noDemand : this.words.demandOfPark) : nothing}</p>`}`;
  }

  #filled(demand: Demand): TemplateResult {
    const words = this.words;
    const contract = store.site?.contract_kw ?? null;
    const scale = scaleFor("kW", [demand.projected_kw, contract, demand.month_max_kw]);
    return html`
      <p class="block">${this.#ends(demand)}</p>
      ${demand.projected_kw === null
        ? nothing
        : html`<p class="headline">
            ${figure(demand.projected_kw, scale, "kW", { estimated: true })}
            <span class="label">${words.projected}</span>
          </p>`}
      ${demand.so_far_kw === null
        ? html`<p class="hint">${words.demandPartial(clock(Date.parse(demand.block_end), this.zone))}</p>`
        : nothing}
      ${contract === null ? nothing : this.#verdict(demand.projected_kw, contract)} ${this.#bar(demand, contract, scale)}
      <dl class="pairs">
        ${this.#pair(words.soFar, "key-sofar", figure(demand.so_far_kw, scale, "kW"))}
        ${this.#pair(words.projected, "key-projected", figure(demand.projected_kw, scale, "kW", { estimated: true }))}
        ${contract === null ? nothing : this.#pair(words.contract, "key-contract", figure(contract, scale, "kW"))}
        ${this.#pair(words.monthMax, "key-max", this.#maximum(demand, scale))}
      </dl>
      ${contract === null ? html`<p class="hint">${words.noContract}</p>` : nothing}
    `;
  }

  #ends(demand: Demand): string {
    const end = Date.parse(demand.block_end);
    return this.words.blockEnds(clock(end, this.zone), span((end - store.now()) / 1000, store.route.language));
  }

  #verdict(projected: number | null, contract: number): TemplateResult | typeof nothing {
    if (projected === null) return nothing;
    const level = levelOf(projected / contract);
    const words = this.words;
    const text = { good: words.withinContract, warning: words.nearContract, bad: words.overContract }[level];
    return html`<p class="verdict verdict-${level}"><span class="digits">${percent(projected / contract)}</span> % · ${text}</p>`;
  }

  #pair(label: string, key: string, value: TemplateResult): TemplateResult {
    return html`<div>
      <dt><span class="key ${key}"></span>${label}</dt>
      <dd>${value}</dd>
    </div>`;
  }

  #maximum(demand: Demand, scale: Scale): TemplateResult {
    if (demand.month_max_kw === null || demand.month_max_at === null) return html`${this.words.monthMaxNone}`;
    const at = Date.parse(demand.month_max_at);
    return html`${figure(demand.month_max_kw, scale, "kW")}
      <span class="when">${shortDay(at, this.zone)} ${clock(at, this.zone)}</span>`;
  }

  #bar(demand: Demand, contract: number | null, scale: Scale): TemplateResult {
    const all = [demand.so_far_kw, demand.projected_kw, contract, demand.month_max_kw];
    const top = Math.max(1, ...all.map((value) => value ?? 0)) * 1.08;
    const at = (value: number | null): number => (100 * Math.max(0, value ?? 0)) / top;
    const level = contract && demand.projected_kw !== null ? levelOf(demand.projected_kw / contract) : "good";
    return html`<svg class="demand-bar" width="100%" height="44" role="img" aria-label=${this.#spoken(demand, contract, scale)}>
      <rect class="track" y="12" width="100%" height="20" rx="3" />
      <rect class="projected level-${level}" y="12" width="${at(demand.projected_kw)}%" height="20" rx="3" />
      <rect class="so-far level-${level}" y="12" width="${at(demand.so_far_kw)}%" height="20" rx="3" />
      ${demand.month_max_kw === null ? nothing : mark("max", at(demand.month_max_kw))}
      ${contract === null ? nothing : mark("limit", at(contract))}
    </svg>`;
  }

  #spoken(demand: Demand, contract: number | null, scale: Scale): string {
    const words = this.words;
    const say = (label: string, value: number | null): string =>
      `${label} ${three(value === null ? null : value / scale.divisor)} ${scale.unit}`;
    const parts = [say(words.soFar, demand.so_far_kw), say(words.projected, demand.projected_kw)];
    if (contract !== null) parts.push(`${words.contract} ${exact(contract)} kW`);
    return parts.join(", ");
  }
}

function mark(kind: "max" | "limit", x: number): TemplateResult {
  return svg`<line class=${kind} x1="${x}%" x2="${x}%" y1=${kind === "limit" ? 4 : 9} y2=${kind === "limit" ? 40 : 35} />`;
}

function levelOf(share: number): Level {
  if (share > 1) return "bad";
  return share > 0.9 ? "warning" : "good";
}

customElements.define("pw-demand", DemandPanel);
