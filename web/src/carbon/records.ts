/** <pw-records>: activities, certificates and production that no meter shows: listed, entered, withdrawn. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post } from "../api.ts";
import type { Words } from "../i18n/words.ts";
import { Asking } from "../parts/asking.ts";
import { may, store } from "../store.ts";
import { refusedFor } from "../parts/refused.ts";

type Sort = "activities" | "certificates" | "production";
type Row = Record<string, unknown> & { id: number };

interface Field {
  name: string;
  label: (words: Words) => string;
  kind?: "number" | "area";
  hint?: string;
  optional?: boolean;
}

const WHO: Field = { name: "who", label: (words) => words.who };
const FIELDS: Record<Sort, readonly Field[]> = {
  activities: [
    { name: "period", label: (w) => w.period, hint: "2026-05" }, { name: "enterprise", label: (w) => w.area, kind: "area" },
    { name: "kind", label: (w) => w.recordKind, hint: "diesel" }, { name: "amount", label: (w) => w.amountOf, kind: "number" },
    { name: "unit", label: (w) => w.unit, hint: "t" }, { name: "document", label: (w) => w.document }, WHO,
  ],
  certificates: [
    { name: "registry_id", label: (w) => w.registryId }, { name: "vintage", label: (w) => w.vintage, hint: "2026" },
    { name: "mwh", label: () => "MWh", kind: "number" }, { name: "technology", label: (w) => w.technology, hint: "solar" },
    { name: "generator", label: (w) => w.generator }, { name: "consumer", label: (w) => w.consumer, kind: "area" },
    { name: "interval", label: (w) => w.period, hint: "2026-05" }, WHO,
  ],
  production: [
    { name: "period", label: (w) => w.period, hint: "2026-05" }, { name: "enterprise", label: (w) => w.area, kind: "area" },
    { name: "product", label: (w) => w.product, hint: "output_value" }, { name: "quantity", label: (w) => w.amountOf, kind: "number" },
    { name: "unit", label: (w) => w.unit, hint: "CNY" }, { name: "document", label: (w) => w.document, optional: true }, WHO,
  ],
};
const SORTS = Object.keys(FIELDS) as Sort[];

class RecordsPanel extends Asking<{ records: Row[] }> {
  static override properties = { area: { attribute: false }, month: { attribute: false } };
  declare area: string;
  declare month: string;
  #sort: Sort = "activities";
  #wrong: string[] = [];
  #done = "";

  protected override get question(): string {
    return [this.#sort, this.area].join();
  }

  protected override ask(): Promise<{ records: Row[] }> {
    return get(`/${this.#sort}`);
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const named = { activities: words.activities, certificates: words.certificates, production: words.production };
    return html`<header class="report-head"><h2>${words.records} <span class="subject">${words.recordsSubject}</span></h2>
        <div class="basis" role="group" aria-label=${words.records}>${SORTS.map((sort) => html`<button type="button" aria-pressed=${String(sort === this.#sort)} @click=${() => this.#choose(sort)}>${named[sort]}</button>`)}</div>
      </header>${this.body()}${may("record") ? this.#form() : nothing}`;
  }

  #choose(sort: Sort): void {
    [this.#sort, this.#wrong, this.#done, this.answer] = [sort, [], "", null];
    this.requestUpdate();
  }

  protected override filled({ records }: { records: Row[] }): TemplateResult {
    const words = this.words;
    if (records.length === 0) return html`<p class="empty">${words.noRecords}</p>`;
    const fields = FIELDS[this.#sort];
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.records}><table>
      <thead><tr>${fields.map((field) => html`<th scope="col" class=${field.kind === "number" ? "number" : ""}>${field.label(words)}</th>`)}</tr></thead>
      <tbody>${records.map((row) => html`<tr>${fields.map((field) => html`<td class=${field.kind === "number" ? "number" : ""}>${String(row[field.name] ?? "")}</td>`)}</tr>`)}</tbody>
    </table></div>`;
  }

  #form(): TemplateResult {
    const words = this.words;
    return html`<form class="entry below" @submit=${this.#enter}>
      ${FIELDS[this.#sort].map((field) => html`<label>${field.label(words)}${this.#input(field)}</label>`)}
      <button type="submit">${words.enterRecord}</button>
      ${this.#wrong.length > 0 ? html`<div role="alert"><ul class="reasons bad">${this.#wrong.map((one) => html`<li>${one}</li>`)}</ul></div>` : nothing}
      ${this.#done ? html`<p class="good" role="status">✓ ${this.#done}</p>` : nothing}
    </form>`;
  }

  #input(field: Field): TemplateResult {
    if (field.kind === "area") return html`<select name=${field.name}>${(store.site?.areas ?? []).map((area) => html`<option value=${area.code} ?selected=${area.code === this.area}>${this.name(area.name, area.code)}</option>`)}</select>`;
    return html`<input name=${field.name} ?required=${!field.optional} placeholder=${field.hint ?? ""} type=${field.kind === "number" ? "number" : "text"} step="any" maxlength="200" size="12" />`;
  }

  readonly #enter = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const values = FIELDS[this.#sort].map((field) => [field.name, field.kind === "number" ? Number(data.get(field.name)) : String(data.get(field.name) ?? "").trim()] as const);
    try {
      await post(`/${this.#sort}`, Object.fromEntries(values.filter(([, value]) => value !== "")));
      [this.#wrong, this.#done] = [[], this.words.entered];
      form.reset();
      this.again();
    } catch (error) {
      this.#wrong = refusedFor(error, this.words);
      this.#done = "";
    }
    this.requestUpdate();
  };
}

customElements.define("pw-records", RecordsPanel);
