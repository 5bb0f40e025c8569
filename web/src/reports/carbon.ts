/** <pw-carbon>: emissions a day, by enterprise, with the factors they stand on. */

import { html, nothing, type TemplateResult } from "lit";
import { get, type EmissionReport, type EmissionSeries, type FactorUse, type Shortfall } from "../api.ts";
import { exact, three, unitText } from "../numbers.ts";
import { cited } from "../parts/cited.ts";
import { may, store, wholePark } from "../store.ts";
import { day } from "../time.ts";
import "./emission-trace.ts";
import { lackOf, reasonOf } from "./reason.ts";
import { DailyPage } from "./daily.ts";
import "./intensity.ts";

class CarbonPage extends DailyPage<EmissionReport> {
  protected override readonly unit = "kg";
  protected override readonly file = "co2";

  protected override heading(): string {
    return `${this.words.dailyCarbon} · ${this.words.basisLocation}`;
  }

  /** Series of gases that do not add up with CO2. */
  #apart: readonly EmissionSeries[] = [];

  protected override async asked(query: Record<string, string>): Promise<EmissionReport> {
    const answer = await get<EmissionReport>("/emissions", { ...query, basis: "location", revision: "current" });
    this.#apart = answer.series.filter((series) => series.gas !== "CO2");
    return { ...answer, series: answer.series.filter((series) => series.gas === "CO2") };
  }

  protected override below(answer: EmissionReport): TemplateResult {
    const factors = distinct(answer.series.flatMap((series) => series.factors), (one) => `${one.id}|${one.from}|${one.to}`);
    const missing = distinct(answer.series.flatMap((series) => series.shortfalls), (one) => `${one.reason}|${one.from}|${one.to}`);
    const mix = wholePark() ? html`<section class="panel"><pw-intensity></pw-intensity></section>` : nothing;
    return html`${mix}${this.#made(answer)}${missing.length > 0 ? this.#missing(missing) : nothing}${this.#others()}${factors.length > 0 ? this.#factors(factors) : nothing}`;
  }

  /** A day whose figure was asked for; null: all that is shown. */
  #day: string | null = null;

  protected override figure(text: string, day: string): TemplateResult {
    return html`<button type="button" class="figure-link" aria-label="${text} · ${this.words.madeOf}: ${day}" @click=${() => this.#open(day)}>${text}</button>`;
  }

  protected override picked(day: string): void {
    this.#open(day);
  }

  #open(day: string): void {
    this.#day = day;
    this.requestUpdate();
    void this.updateComplete.then(() => this.querySelector("#made-of")?.scrollIntoView({ block: "start" }));
  }

  #made(answer: EmissionReport): TemplateResult | typeof nothing {
    if (!may("see-trace")) return nothing;
    const days = answer.times.map((time) => day(Date.parse(time), this.zone));
    const shown = this.#day !== null && days.includes(this.#day) ? [this.#day] : days;
    return html`<pw-emission-trace .from=${shown[0] ?? ""} .to=${shown.at(-1) ?? ""}></pw-emission-trace>`;
  }

  #others(): TemplateResult | typeof nothing {
    const words = this.words;
    const chosen = store.route.area ?? store.site?.areas.find((area) => area.kind === "park")?.code;
    const masses = this.#apart.filter((series) => series.key === chosen).map((series) => ({
      kind: series.quantity,
      gas: series.gas,
      kg: series.values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
    }));
    if (masses.length === 0) return nothing;
    return html`<section class="panel">
      <h2>${words.otherGases}</h2>
      <ul>${masses.map((one) => html`<li><code>${one.kind}</code> ${three(one.kg)} <span class="unit">${unitText(`kg ${one.gas}`)}</span></li>`)}</ul>
    </section>`;
  }

  #factors(factors: readonly FactorUse[]): TemplateResult {
    const words = this.words;
    return html`<section class="panel">
      <h2>${words.factorsUsed}</h2>
      <div class="scroll" tabindex="0" role="region" aria-label=${words.factorsUsed}>
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">${words.factor}</th><th scope="col" class="number">${words.value}</th>
              <th scope="col">${words.edition}</th><th scope="col">${words.region}</th>
              <th scope="col">${words.valid}</th><th scope="col">${words.why}</th><th scope="col">${words.citation}</th>
            </tr>
          </thead>
          <tbody>${factors.map((one) => this.#factor(one))}</tbody>
        </table>
      </div>
    </section>`;
  }

  #factor(one: FactorUse): TemplateResult {
    const words = this.words;
    return html`<tr>
      <th scope="row"><code>${one.id}</code></th>
      <td class="number" data-label=${words.value}><span>${exact(one.value)} <span class="unit">${unitText(one.unit)}</span></span></td>
      <td class="nowrap" data-label=${words.edition}><span>${one.edition}${one.published ? html` <span class="unit">${one.published}</span>` : nothing}</span></td>
      <td class="nowrap" data-label=${words.region}>${one.region}</td>
      <td class="nowrap" data-label=${words.valid}>${one.from.slice(0, 10)} – ${one.to.slice(0, 10)}</td>
      <td class="why-cell" data-label=${words.why}>${reasonOf(one, words)}</td>
      <td class="source-cell" data-label=${words.citation}>${cited(one.source)}</td>
    </tr>`;
  }

  #missing(missing: readonly Shortfall[]): TemplateResult {
    return html`<section class="panel warning">
      <h2>${this.words.missingFactors}</h2>
      <ul>${missing.map((one) => html`<li>${one.from.slice(0, 10)} – ${one.to.slice(0, 10)}: ${lackOf(one.reason, store.route.language)}</li>`)}</ul>
    </section>`;
  }
}

function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}

customElements.define("pw-carbon", CarbonPage);
