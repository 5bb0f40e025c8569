/** <pw-tariffs>: the park's tariff and the others of the library, with their documents and tables of prices. */

import { html, nothing, type TemplateResult } from "lit";
import { get, type Schemas } from "../api.ts";
import { bandName } from "../parts/band.ts";
import { Asking } from "../parts/asking.ts";
import { cited } from "../parts/cited.ts";
import { store } from "../store.ts";
import "../parts/opened.ts";
import { validity } from "./validity.ts";

type Tariff = Schemas["PublishedTariff"];

class Tariffs extends Asking<Schemas["TariffList"]> {
  protected override get question(): string {
    return "tariffs";
  }

  protected override ask(): Promise<Schemas["TariffList"]> {
    return get("/library/tariffs");
  }

  protected override render(): TemplateResult {
    return html`<h1>${this.words.tariffs} <span class="subject">${this.words.tariffsSubject}</span></h1>${this.body()}`;
  }

  protected override filled({ tariffs }: Schemas["TariffList"]): TemplateResult {
    return html`${tariffs.some((one) => one.here) ? nothing : html`<p class="empty">${this.words.noTariffHere}</p>`}${tariffs.map((one) => this.#tariff(one))}`;
  }

  #tariff(one: Tariff): TemplateResult {
    const words = this.words;
    return html`<article class="tariff" data-tariff=${one.code}>
      <h2>${this.name(one.name)} ${one.here ? html`<span class="tag">${words.parksOwn}</span> ` : nothing}${one.fictitious ? html`<span class="tag" title=${words.fictitiousHint}>${words.fictitious}</span>` : nothing}</h2>
      <p>${[one.region, one.currency, validity(one.valid_from, one.valid_to, words), one.document].filter(Boolean).join(" · ")}</p>
      <p class="source-of"><span class="unit">${words.sourceOf}</span> ${cited(one.source)}</p>
      ${one.tables.length === 0
        ? html`<p class="hint">${words.noPrices}</p>`
        : html`<pw-opened .summary=${words.priceTables(String(one.tables.length))} .label=${words.priceTablesOf(this.name(one.name))} .content=${() => this.#prices(one)}></pw-opened>`}
    </article>`;
  }

  #prices(one: Tariff): TemplateResult {
    const words = this.words;
    return html`<table class="cards"><thead><tr>${[words.series, words.validity, words.prices, words.publishedBy].map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
      <tbody>${one.tables.map((table) => html`<tr>
        <th scope="row">${this.name(table.name)}</th>
        <td data-label=${words.validity}>${validity(table.valid_from, table.valid_to, words)}</td>
        <td data-label=${words.prices}><span>${table.curve ? words.pricesADay(String(table.curve)) : Object.entries(table.prices).map(([band, price]) => html`<span class="nowrap price-of">${bandName(store.site, band, store.route.language)} <span class="digits">${price}</span></span> `)} <span class="unit">${table.unit}</span></span></td>
        <td data-label=${words.publishedBy} class="source-of">${cited(table.source)}</td></tr>`)}</tbody></table>`;
  }
}

customElements.define("pw-tariffs", Tariffs);
