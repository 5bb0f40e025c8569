/** <pw-records>: activities, certificates and production that no meter shows: listed, entered, withdrawn. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, type Schemas } from "../api.ts";
import { parkOf } from "../areas.ts";
import { NONE } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { refusedFor } from "../parts/refused.ts";
import { may, store } from "../store.ts";
import { moment } from "../time.ts";
import { COLUMNS, FIELDS, SORTS, type Field, type Row, type Sort } from "./record-fields.ts";

type Records = Schemas["RecordList"];

class RecordsPanel extends Asking<Records> {
  static override properties = { area: { attribute: false }, month: { attribute: false } };
  declare area: string;
  declare month: string;
  #sort: Sort = "activities";
  #leaving: number | null = null;
  #wrong: string[] = [];
  #done = "";

  protected override get question(): string {
    return [this.#sort, this.area, this.month].join();
  }

  protected override ask(): Promise<Records> {
    const whole = this.area === parkOf(store.site?.areas ?? [])?.code;
    return get<Records>(`/${this.#sort}`, { period: this.month, ...(whole ? {} : { enterprise: this.area }) });
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const named = { activities: words.activities, certificates: words.certificates, production: words.production };
    return html`<header class="report-head"><h2>${words.records} <span class="subject">${words.recordsSubject(this.month)}</span></h2>
        <div class="basis" role="group" aria-label=${words.records}>${SORTS.map((sort) => html`<button type="button" aria-pressed=${String(sort === this.#sort)} @click=${() => this.#choose(sort)}>${named[sort]}</button>`)}</div>
      </header>${this.body()}${may("record") ? this.#form() : nothing}`;
  }

  #choose(sort: Sort): void {
    [this.#sort, this.#leaving, this.#wrong, this.#done, this.answer] = [sort, null, [], "", null];
    this.requestUpdate();
  }

  protected override filled({ records, next }: Records): TemplateResult {
    const words = this.words;
    if (records.length === 0) return html`<p class="empty">${words.noRecords(this.month)}</p>`;
    const columns = COLUMNS[this.#sort];
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.records}><table class="cards">
        <thead><tr>${columns.map((column) => html`<th scope="col" class=${column.number ? "number" : ""}>${column.label(words)}</th>`)}<th scope="col">${words.area}</th><th scope="col">${words.enteredBy}</th>${may("record") ? html`<th></th>` : nothing}</tr></thead>
        <tbody>${records.map((row) => this.#row(row))}</tbody>
      </table></div>
      ${next === null ? nothing : html`<p class="hint">${words.firstRecords(String(records.length))}</p>`}`;
  }

  #row(row: Row): TemplateResult {
    const words = this.words;
    const [first, ...rest] = COLUMNS[this.#sort];
    const named = first?.shown(row) ?? "";
    return html`<tr data-record=${row.id}>
        <th scope="row">${named}</th>
        ${rest.map((column) => html`<td data-label=${column.label(words)} class=${column.number ? "number" : ""}>${column.shown(row) || NONE}</td>`)}
        <td data-label=${words.area}>${this.name(store.site?.areas.find((area) => area.code === row.enterprise)?.name, row.enterprise)}</td>
        <td data-label=${words.enteredBy}>${row.posted_by}, ${moment(Date.parse(row.posted_at), this.zone)}</td>
        ${may("record") ? html`<td><button type="button" aria-label=${words.withdrawRecord(named)} aria-expanded=${String(this.#leaving === row.id)} @click=${() => this.#leave(row.id)}>${words.withdraw}</button></td>` : nothing}
      </tr>
      ${this.#leaving === row.id ? this.#leavingRow(row, named) : nothing}`;
  }

  #leavingRow(row: Row, named: string): TemplateResult {
    const words = this.words;
    return html`<tr><td colspan=${COLUMNS[this.#sort].length + 3}><form class="entry" data-form="withdrawal" @submit=${(event: SubmitEvent) => this.#withdraw(event, row.id)}>
      <label>${words.who}<input name="who" required maxlength="200" autocomplete="name" /></label>
      <label>${words.reason}<input name="reason" required maxlength="1000" /></label>
      <button type="submit">${words.withdrawRecord(named)}</button>
    </form></td></tr>`;
  }

  #leave(id: number): void {
    this.#leaving = this.#leaving === id ? null : id;
    this.requestUpdate();
  }

  #form(): TemplateResult {
    const words = this.words;
    return html`<form class="entry below" data-form="record" @submit=${this.#enter}>
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
    await this.#sent(`/${this.#sort}`, Object.fromEntries(values.filter(([, value]) => value !== "")), this.words.entered, form);
  };

  async #withdraw(event: SubmitEvent, id: number): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const read = (name: string): string => String(data.get(name) ?? "").trim();
    await this.#sent(`/${this.#sort}/${id}/withdrawal`, { who: read("who"), reason: read("reason") }, this.words.recordWithdrawn, form);
  }

  async #sent(path: string, body: unknown, done: string, form: HTMLFormElement): Promise<void> {
    try {
      await post(path, body);
      [this.#wrong, this.#done, this.#leaving] = [[], done, null];
      form.reset();
      this.again();
    } catch (error) {
      [this.#wrong, this.#done] = [refusedFor(error, this.words), ""];
    }
    this.requestUpdate();
  }
}

customElements.define("pw-records", RecordsPanel);
