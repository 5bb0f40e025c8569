/** <pw-factors>: the factors that answer for this park, or all of them, each with its source. */

import { html, nothing, type TemplateResult } from "lit";
import { get, type Schemas } from "../api.ts";
import { exact, unitText } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { cited } from "../parts/cited.ts";
import { validity } from "./validity.ts";

type Factor = Schemas["PublishedFactor"];

const SHOWN = 200;
/** Bought electricity stands first: it is most of a park. */
const FIRST = "scope2";

class Factors extends Asking<Schemas["FactorList"]> {
  #sought = "";
  #everywhere = false;

  protected override get question(): string {
    return "factors";
  }

  protected override ask(): Promise<Schemas["FactorList"]> {
    return get("/library/factors");
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<h1>${words.factors} <span class="subject">${words.factorsSubject}</span></h1>
      <div class="sieve"><label>${words.seek}<input type="search" name="seek" @input=${this.#seek} /></label>
        <label><input type="checkbox" name="everywhere" @change=${this.#widen} /> ${words.allRegions}</label></div>
      ${this.body()}`;
  }

  readonly #seek = (event: Event): void => {
    this.#sought = (event.target as HTMLInputElement).value.trim().toLowerCase();
    this.requestUpdate();
  };

  readonly #widen = (event: Event): void => {
    this.#everywhere = (event.target as HTMLInputElement).checked;
    this.requestUpdate();
  };

  protected override filled({ regions, factors }: Schemas["FactorList"]): TemplateResult {
    const words = this.words;
    const found = factors.filter((one) => (this.#everywhere || regions.length === 0 || regions.includes(one.region)) && this.#matches(one));
    const shown = found.sort((one, other) => Number(other.purpose.startsWith(FIRST)) - Number(one.purpose.startsWith(FIRST))).slice(0, SHOWN);
    if (shown.length === 0) return html`<p class="empty">${words.nothingFound}</p>`;
    return html`<p class="hint" role="status">${words.factorsCount(exact(shown.length), exact(factors.length))}${regions.length > 0 && !this.#everywhere ? ` ${words.answeringRegions(regions.join(" › "))}` : ""}</p>
      <table class="cards factors">
        <thead><tr>${[words.factor, words.value, words.region, words.validity, words.publishedBy].map((head, at) => html`<th scope="col" class=${at === 1 ? "number" : ""}>${head}</th>`)}</tr></thead>
        <tbody>${shown.map((one) => this.#row(one))}</tbody>
      </table>`;
  }

  #row(one: Factor): TemplateResult {
    const words = this.words;
    return html`<tr data-factor=${one.id}>
      <th scope="row"><span>${this.name(one.name)}<span class="origin">${[one.purpose, one.item, one.scope === null ? "" : words.scopeNumber(String(one.scope))].filter(Boolean).join(" · ")}</span></span></th>
      <td data-label=${words.value} class="number"><span class="figure"><span class="digits">${one.value}</span> <span class="unit">${unitText(one.unit)}</span></span></td>
      <td data-label=${words.region}>${one.region}</td>
      <td data-label=${words.validity}><span>${validity(one.valid_from, one.valid_to, words)}${one.withdrawn ? html` <span class="said">${words.withdrawnOn(one.withdrawn)}</span>` : nothing}</span></td>
      <td data-label=${words.publishedBy} class="source-of"><span>${cited(one.source)}<span class="origin">${words.editionOf(one.edition)}${one.published ? ` · ${one.published}` : ""}</span></span></td>
    </tr>`;
  }

  #matches(one: Factor): boolean {
    if (!this.#sought) return true;
    const text = [one.id, one.name.en, one.name.zh, one.purpose, one.item, one.region, one.edition, one.source].join(" ").toLowerCase();
    return this.#sought.split(/\s+/).every((word) => text.includes(word));
  }
}

customElements.define("pw-factors", Factors);
