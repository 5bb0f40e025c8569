/** <pw-periods>: closed months and years, what they would be now, and closing one. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, type Schemas } from "../api.ts";
import { brief, NONE } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { may } from "../store.ts";
import { moment } from "../time.ts";
import type { PeriodFigures } from "./answers.ts";
import { refused } from "../parts/refused.ts";

class PeriodsPanel extends Asking<Schemas["PeriodList"]> {
  static override properties = { area: { attribute: false } };
  declare area: string;
  #open: PeriodFigures | null = null;
  #wrong = "";

  protected override get question(): string {
    return this.area;
  }

  protected override ask(): Promise<Schemas["PeriodList"]> {
    return get("/periods", { area: this.area });
  }

  protected override render(): TemplateResult {
    return html`<h2>${this.words.closedPeriods} <span class="subject">${this.words.closedSubject}</span></h2>${this.body()}${may("close-periods") ? this.#form() : nothing}`;
  }

  protected override filled({ periods }: Schemas["PeriodList"]): TemplateResult {
    const words = this.words;
    if (periods.length === 0) return html`<p class="empty">${words.noPeriods}</p>`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.closedPeriods}><table class="cards">
        <thead><tr><th scope="col">${words.period}</th><th scope="col">${words.closedBy}</th><th scope="col">${words.reason}</th><th scope="col">SHA-256</th><th scope="col">${words.condition}</th></tr></thead>
        <tbody>${periods.map((one) => html`<tr>
          <th scope="row"><button type="button" class="figure-link" @click=${() => void this.#show(one.id)}>${one.period} #${one.id}</button></th>
          <td data-label=${words.closedBy}>${one.closed_by}, ${moment(Date.parse(one.closed_at), this.zone)}</td>
          <td data-label=${words.reason}>${one.reason ?? NONE}</td>
          <td data-label="SHA-256"><code>${one.hash.slice(0, 12)}…</code></td>
          <td data-label=${words.condition}>${one.replaced_by === null ? words.stands : words.replacedBy(String(one.replaced_by))}</td>
        </tr>`)}</tbody></table></div>
      ${this.#open ? this.#figures(this.#open) : nothing}`;
  }

  async #show(id: number): Promise<void> {
    try {
      this.#open = await get<PeriodFigures>(`/periods/${id}`);
    } catch (error) {
      this.#wrong = refused(error, this.words);
    }
    this.requestUpdate();
  }

  #figures(one: PeriodFigures): TemplateResult {
    const words = this.words;
    return html`<h3 class="below">${one.period} #${one.id}</h3>
      <div class="scroll" tabindex="0" role="region" aria-label="${one.period} #${one.id}"><table>
        <thead><tr><th scope="col">${words.figure}</th><th scope="col" class="number">${words.asClosed}</th><th scope="col" class="number">${words.asNow}</th><th scope="col" class="number">${words.drift}</th><th scope="col">${words.unit}</th></tr></thead>
        <tbody>${one.figures.map((row) => html`<tr><th scope="row"><code>${row.name}</code></th><td class="number">${brief(row.closed)}</td><td class="number">${brief(row.current)}</td>
          <td class="number ${row.drift ? "low" : ""}">${brief(row.drift)}</td><td>${row.unit}</td></tr>`)}</tbody></table></div>
      ${one.differences.length === 0 ? nothing : html`<h3 class="below">${words.restated}</h3><ul class="reasons">${one.differences.map((row) => html`<li><code>${row.row}</code> ${row.field}: ${row.before ?? NONE} → ${row.after ?? NONE}</li>`)}
        ${one.more > 0 ? html`<li>${words.more(one.more)}</li>` : nothing}</ul>`}`;
  }

  #form(): TemplateResult {
    const words = this.words;
    return html`<form class="entry below" @submit=${this.#close}>
      <label>${words.period}<input name="period" required pattern="\\d{4}(-\\d{2})?" placeholder="2026-05" size="9" /></label>
      <label>${words.who}<input name="who" required maxlength="200" autocomplete="name" /></label>
      <label>${words.reissueWhy}<input name="reissue" maxlength="1000" /></label>
      <button type="submit">${words.closePeriod}</button>
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
    </form>`;
  }

  readonly #close = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const read = (name: string): string => String(form.get(name) ?? "").trim();
    try {
      const reissue = read("reissue");
      this.#open = await post<PeriodFigures>("/periods", { area: this.area, period: read("period"), who: read("who"), ...(reissue ? { reissue } : {}) });
      this.#wrong = "";
      this.again();
    } catch (error) {
      this.#wrong = refused(error, this.words);
    }
    this.requestUpdate();
  };
}

customElements.define("pw-periods", PeriodsPanel);
