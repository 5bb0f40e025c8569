/** <pw-emission-trace>: what a figure of emissions is made of, and bought electricity on both bases. */

import { html, nothing, type TemplateResult } from "lit";
import { get, type EmissionPart, type EmissionTrace, type Inventory } from "../api.ts";
import { Asking } from "../parts/asking.ts";
import { brief, coverage, exact, NONE, scaleFor, three, unitText, type Scale } from "../numbers.ts";
import { named, type Words } from "../i18n/words.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { lackOf, reasonOf } from "./reason.ts";
import { bases, massOf, type Basis } from "./basis.ts";
import { cited } from "../parts/cited.ts";

interface Made {
  /** First and last day, as they are written. */
  days: string;
  trace: EmissionTrace;
  inventory: Inventory;
}

class EmissionTracePanel extends Asking<Made> {
  static override properties = { from: { attribute: false }, to: { attribute: false } };
  /** First and last day. */
  declare from: string;
  declare to: string;
  #basis: Basis = "location";

  protected override get question(): string | null {
    return this.from ? [this.from, this.to, this.#area].join() : null;
  }

  get #area(): string {
    return store.route.area ?? store.site?.areas.find((area) => area.kind === "park")?.code ?? "";
  }

  protected override async ask(): Promise<Made> {
    const area = this.#area;
    const days = this.from === this.to ? this.from : `${this.from} – ${this.to}`;
    const after = new Date(Date.parse(`${this.to}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const [trace, inventory] = await Promise.all([
      get<EmissionTrace>("/trace/emissions", { area, from: this.from, to: after }),
      get<Inventory>("/inventory", { area, period: `${this.from}/${this.to}` }),
    ]);
    return { days, trace, inventory };
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.problem && !this.answer) return nothing;
    return html`<section class="panel" id="made-of">${this.body()}</section>`;
  }

  protected override filled({ days, trace, inventory }: Made): TemplateResult {
    const area = store.site?.areas.find((one) => one.code === trace.area);
    return html`<header class="report-head">
        <h2>${this.words.madeOf}${this.words.colon}${this.name(area?.name, trace.area ?? "")} <span class="nowrap">${days}</span></h2>
        ${this.#switch(inventory)}
      </header>
      ${this.#basis === "market" ? this.#served(inventory) : nothing}
      ${this.#parts(trace.parts)}
      ${this.#sold(trace.sold ?? [])}`;
  }

  #switch(inventory: Inventory): TemplateResult {
    const totals = bases(inventory);
    const scale = scaleFor("kg", [totals.location, totals.market], 10_000);
    const words = this.words;
    const entry = (basis: Basis, word: string): TemplateResult => html`<button
      type="button" aria-pressed=${String(basis === this.#basis)} @click=${() => this.#choose(basis)}
    ><span>${word}</span> <b>${massOf(totals[basis], scale)}</b> <span class="unit">${scale.unit} CO₂</span></button>`;
    return html`<div class="basis" role="group" aria-label=${words.boughtElectricity}>
      <span class="basis-name">${words.boughtElectricity}</span>
      ${entry("location", words.basisLocation)}${entry("market", words.basisMarket)}
    </div>`;
  }

  #choose(basis: Basis): void {
    this.#basis = basis;
    this.requestUpdate();
  }

  #served(inventory: Inventory): TemplateResult {
    const words = this.words;
    const served = Object.entries(inventory.market.served).filter(([, kwh]) => kwh > 0);
    const scale = scaleFor("kWh", served.map(([, kwh]) => kwh), 10_000);
    return html`<ul class="served">
      ${served.map(([tier, kwh]) => html`<li>${tierWord(tier, words)}${words.colon}${three(kwh / scale.divisor)} <span class="unit">${scale.unit}</span></li>`)}
      ${inventory.market.certificates.map((one) => html`<li>
        <code>${one.document}</code> ${one.vintage ?? ""}: ${three(one.kwh / scale.divisor)} <span class="unit">${scale.unit}</span> ${one.refused ? lackOf(one.refused, store.route.language) : nothing}
      </li>`)}
      ${inventory.market.shortfalls.map((one) => html`<li class="low">${lackOf(one.reason, store.route.language)}</li>`)}
    </ul>`;
  }

  #parts(parts: readonly EmissionPart[]): TemplateResult {
    const words = this.words;
    if (parts.length === 0) return html`<p class="empty">${words.noEnergy}</p>`;
    const scale = scaleFor("kg", parts.map((part) => part.kg), 10_000);
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.madeOf}>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">${words.meterOrDocument}</th><th scope="col">${words.scope}</th>
            <th scope="col" class="number">${words.mass}</th>
            <th scope="col">${words.amountTimesFactor}</th><th scope="col" class="number">${words.coverage}</th>
            <th scope="col">${words.valid}</th><th scope="col">${words.why}</th>
          </tr>
        </thead>
        <tbody>${parts.map((part) => this.#part(part, scale))}</tbody>
      </table>
    </div>`;
  }

  #sold(parts: readonly EmissionPart[]): TemplateResult | typeof nothing {
    if (parts.length === 0) return nothing;
    return html`<h3>${this.words.soldParts}</h3>${this.#parts(parts)}`;
  }

  #part(part: EmissionPart, scale: Scale): TemplateResult {
    const words = this.words;
    return html`<tr>
      <th scope="row">${this.#origin(part)}</th>
      <td data-label=${words.scope}>${part.scope}</td>
      <td class="number" data-label=${words.mass}><span title="${brief(part.kg)} kg ${part.gas}">${massOf(part.kg, scale)} <span class="unit">${unitText(`${scale.unit} ${part.gas}`)}</span></span></td>
      <td data-label=${words.amountTimesFactor}>${this.#formula(part)}</td>
      <td class="number ${part.coverage < 0.95 ? "low" : ""}" data-label=${words.coverage}><span>${coverage(part.coverage)} <span class="unit">%</span></span></td>
      <td class="nowrap" data-label=${words.valid}>${part.from === part.to ? part.from : `${part.from} – ${part.to}`}</td>
      <td class="why-cell" data-label=${words.why}>${part.factor ? html`<span><code>${part.factor.edition}</code> ${reasonOf(part.factor, words)}<span class="source-line">${cited(part.factor.source)}</span></span>` : html`<span class="low">${part.shortfall ? lackOf(part.shortfall.reason, store.route.language) : NONE}</span>`}</td>
    </tr>`;
  }

  #origin(part: EmissionPart): TemplateResult {
    if (part.meter) return html`${meterLink(part.meter)}${part.through && part.through !== part.meter ? html` <span class="low">${this.words.through} ${meterLink(part.through)}</span>` : nothing}`;
    const document = this.answer?.trace.documents.find((one) => one.id === part.record);
    return html`<code>${part.quantity}</code> <span class="unit">${document?.document ?? ""}</span>`;
  }

  #formula(part: EmissionPart): TemplateResult {
    const amount = html`${brief(part.amount)} <span class="unit">${unitText(part.unit)}</span>`;
    if (!part.factor) return html`<span>${amount} × ${NONE}</span>`;
    const converted = part.conversion === 1 ? nothing : html` × ${exact(part.conversion && Number(part.conversion.toPrecision(6)))}`;
    return html`<span>${amount}${converted} × ${exact(part.factor.value)} <span class="unit nowrap">${unitText(part.factor.unit)}</span></span>`;
  }
}

function meterLink(code: string): TemplateResult {
  const name = named(store.meters.get(code)?.name, store.route.language);
  return html`<a href=${href({ ...store.route, page: "meters", meter: code })}>${name || code}</a>${name ? html` <span class="unit">${code}</span>` : nothing}`;
}

function tierWord(tier: string, words: Words): string {
  const known: Record<string, string> = {
    certificate: words.tierCertificate,
    contract: words.tierContract,
    supplier: words.tierSupplier,
    residual: words.tierResidual,
    average: words.tierAverage,
    none: words.tierNone,
  };
  return known[tier] ?? tier;
}

customElements.define("pw-emission-trace", EmissionTracePanel);
