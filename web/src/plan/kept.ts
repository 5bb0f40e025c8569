/** <pw-kept-plans>: plans that were kept: opened, withdrawn, set against their meters. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, type Schemas } from "../api.ts";
import { exact } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { store } from "../store.ts";
import { day, moment } from "../time.ts";
import type { KeptEntry, KeptVersion } from "./answers.ts";
import { instant, lastDay } from "./draft.ts";
import { path } from "./keeping.ts";
import "./metered.ts";
import { refused } from "../parts/refused.ts";

class KeptPlans extends Asking<Schemas["KeptList"]> {
  static override properties = { turn: { attribute: false } };
  /** Grows when a plan was kept. */
  declare turn: number;
  #leaving: string | null = null;
  #compared: KeptEntry | null = null;
  #wrong = "";
  #done = "";

  protected override get question(): string {
    return String(this.turn);
  }

  protected override ask(): Promise<{ plans: KeptEntry[] }> {
    return get("/plans/kept");
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<section class="panel"><header class="report-head"><h2>${words.keptPlans} <span class="subject">${words.keptSubject}</span></h2></header>
        ${this.body()} ${this.#leaving === null ? nothing : this.#withdrawal(this.#leaving)}
        ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
        ${this.#done ? html`<p class="good" role="status">✓ ${this.#done}</p>` : nothing}
      </section>
      ${this.#compared ? html`<section class="panel"><h2>${words.meteredPlan(this.#compared.code, String(this.#compared.version))}</h2>
          <pw-metered .code=${this.#compared.code} .version=${this.#compared.version}></pw-metered></section>` : nothing}`;
  }

  protected override filled({ plans }: { plans: KeptEntry[] }): TemplateResult {
    const words = this.words;
    if (plans.length === 0) return html`<p class="empty">${words.noKeptPlans}</p>`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.keptPlans}><table class="cards">
      <thead><tr><th scope="col">${words.planCode}</th><th scope="col" class="number">${words.planVersion}</th><th scope="col">${words.daysOfPlan}</th><th scope="col" class="number">${words.jobs}</th>
        <th scope="col">${words.keptBy}</th><th scope="col">${words.keptAt}</th><th scope="col">${words.planActions}</th></tr></thead>
      <tbody>${plans.map((one) => this.#row(one))}</tbody></table></div>`;
  }

  #row(one: KeptEntry): TemplateResult {
    const words = this.words;
    const first = day(instant(one.from, this.zone), this.zone);
    const last = lastDay(one.to, this.zone);
    const begun = instant(one.from, this.zone) < store.now();
    return html`<tr><th scope="row">${one.code}${one.name && one.name !== one.code ? html` <span class="source-line">${one.name}</span>` : nothing}</th>
      <td class="number" data-label=${words.planVersion}>${exact(one.version)}</td>
      <td data-label=${words.daysOfPlan}>${first === last ? first : `${first} – ${last}`}</td>
      <td class="number" data-label=${words.jobs}>${exact(one.jobs)}</td>
      <td data-label=${words.keptBy}>${one.kept_by}</td>
      <td data-label=${words.keptAt}>${moment(Date.parse(one.kept_at), this.zone)}</td>
      <td data-label=${words.planActions}><span>
        <button type="button" class="quiet" aria-label="${words.openPlan}: ${one.code}" @click=${() => this.#open(one.code)}>${words.openPlan}</button>
        ${begun ? html`<button type="button" class="quiet" aria-label="${words.againstMeters}: ${one.code}" @click=${() => this.#compare(one)}>${words.againstMeters}</button>` : nothing}
        <button type="button" class="quiet" aria-label="${words.withdraw}: ${one.code}" @click=${() => this.#leave(one.code)}>${words.withdraw}</button></span></td></tr>`;
  }

  #withdrawal(code: string): TemplateResult {
    const words = this.words;
    return html`<form class="entry below" @submit=${this.#withdraw}>
      <p class="hint">${words.withdrawPlan(code)}</p>
      <label>${words.who}<input name="who" required maxlength="200" autocomplete="name" /></label>
      <label>${words.reason}<input name="reason" required maxlength="1000" /></label>
      <button type="submit">${words.withdraw}</button>
      <button type="button" class="quiet" @click=${() => this.#leave(null)}>${words.letStand}</button></form>`;
  }

  #leave(code: string | null): void {
    [this.#leaving, this.#wrong, this.#done] = [code, "", ""];
    this.requestUpdate();
  }

  #compare(one: KeptEntry): void {
    this.#compared = one;
    this.requestUpdate();
  }

  async #open(code: string): Promise<void> {
    try {
      const found = await get<KeptVersion>(path(code));
      this.#leave(null);
      this.dispatchEvent(new CustomEvent<KeptVersion>("opened", { detail: found }));
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #withdraw = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const read = (name: string): string => String(data.get(name) ?? "").trim();
    try {
      const gone = await post<KeptVersion>(`${path(this.#leaving ?? "")}/withdrawal`, { who: read("who"), reason: read("reason") });
      if (this.#compared?.code === gone.code) this.#compared = null;
      this.#leave(null);
      this.#done = this.words.withdrawn(gone.code);
      this.dispatchEvent(new CustomEvent<string>("withdrawn", { detail: gone.code }));
      this.again();
    } catch (error) {
      this.#failed(error);
    }
  };

  #failed(error: unknown): void {
    this.#wrong = refused(error, this.words);
    this.requestUpdate();
  }
}

customElements.define("pw-kept-plans", KeptPlans);
