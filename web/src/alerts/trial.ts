/** <pw-trial>: what a rule, changed as one likes, would have told over days that are past; nobody is told. */

import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { get, post, type Schemas } from "../api.ts";
import { ruleField } from "../i18n/rule-fields.ts";
import { named } from "../i18n/words.ts";
import { brief, exact, fixed, NONE, percent, unitText } from "../numbers.ts";
import { patiently, pause } from "../parts/pause.ts";
import { refused } from "../parts/refused.ts";
import { may, store } from "../store.ts";
import { DAY_MS, iso, moment } from "../time.ts";
import { firings, fromText, textOf, triedFields, type Document, type Firing } from "./documents.ts";
import { OfRules } from "./of-rules.ts";
import "./watching.ts";

const DAYS = [1, 3, 7, 14, 31];
const SHOWN = 50;
const ASK_AGAIN_MS = 400;
type Running = Schemas["RunningTrial"];
const FRESH: Document = { kind: "limit", code: "trial", name: { en: "A limit of one's own", zh: "自定限值" }, quantity: "active_power", above: "100 kW", below: null, hold: "1 min" };

export class Trial extends OfRules {
  #code = "";
  #run: Running | null = null;
  #asking = false;
  #wrong = "";

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<h2>${words.trial} <span class="subject">${words.trialSubject}</span></h2>${this.body()}`;
  }

  #document(rules: Schemas["RuleList"]["rules"]): Document {
    return (rules.find((one) => one.code === this.#code)?.rule as Document | undefined) ?? FRESH;
  }

  protected override filled({ rules }: Schemas["RuleList"]): TemplateResult {
    const words = this.words;
    const document = this.#document(rules);
    const own = rules.some((one) => one.code === this.#code && one.origin === "api");
    const choose = (event: Event): void => this.#chosen((event.target as HTMLSelectElement).value);
    return html`<form class="entry" aria-label=${words.trial} @submit=${(event: SubmitEvent) => this.#try(event, document)}>
        <label>${words.rule}<select name="rule" @change=${choose}><option value="">${named(FRESH.name, store.route.language)}</option>
          ${rules.map((one) => html`<option value=${one.code} ?selected=${one.code === this.#code}>${named((one.rule as unknown as Document).name, store.route.language, one.code)}</option>`)}</select></label>
        ${keyed(this.#code, triedFields(document).map((field) => html`<label>${ruleField(field, store.route.language)}${field === "quantity" ? this.#quantities(textOf(document[field])) : html`<input name=${`field-${field}`} .value=${textOf(document[field])} autocomplete="off" />`}</label>`))}
        <label>${words.trialMeter}<select name="meter"><option value="">${words.trialAsRule}</option>${[...store.meters.values()].map((meter) => html`<option value=${meter.code}>${this.name(meter.name, meter.code)}</option>`)}</select></label>
        <label>${words.trialDays}<select name="days">${DAYS.map((days) => html`<option value=${days} ?selected=${days === 7}>${words.silencedDays(String(days))}</option>`)}</select></label>
        <button type="submit" ?disabled=${this.#asking}>${words.tryRule}</button>
      </form>
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
      ${may("handle-alerts") ? html`<pw-watching .document=${document} .own=${own} .typed=${() => this.#typed(document)}></pw-watching>` : nothing}
      <div role="status">${this.#run === null ? nothing : this.#run.state === "running" ? this.#progress(this.#run) : this.#outcome(this.#run)}</div>`;
  }

  #quantities(chosen: string): TemplateResult {
    return html`<select name="field-quantity">${Object.entries(store.site?.quantities ?? {}).map(([code, one]) => html`<option value=${code} .selected=${code === chosen}>${this.name(one.name, code)}</option>`)}</select>`;
  }

  /** Takes a rule into the form, and the form into sight. */
  choose(code: string): void {
    this.#chosen(code);
    this.scrollIntoView({ block: "start" });
    this.querySelector<HTMLElement>("form select")?.focus({ preventScroll: true });
  }

  #chosen(code: string): void {
    [this.#code, this.#run, this.#wrong] = [code, null, ""];
    this.requestUpdate();
  }

  #form(): (name: string) => string {
    const form = new FormData(this.querySelector<HTMLFormElement>("form") ?? undefined);
    return (name) => String(form.get(name) ?? "").trim();
  }

  /** The document with its fields as they are typed. */
  #typed(document: Document): Document {
    const read = this.#form();
    const changed = Object.fromEntries(triedFields(document).map((field) => [field, fromText(read(`field-${field}`), document[field])]));
    return { ...document, ...changed, ...(read("meter") ? { where: { meters: [read("meter")] } } : {}) };
  }

  async #try(event: SubmitEvent, document: Document): Promise<void> {
    event.preventDefault();
    const [rule, days] = [this.#typed(document), Number(this.#form()("days"))];
    [this.#wrong, this.#run, this.#asking] = ["", null, true];
    this.requestUpdate();
    try {
      const to = store.now();
      await this.#follow(await post<Running>("/alert-rules/trials", { rule, from: iso(to - days * DAY_MS), to: iso(to) }));
    } catch (error) {
      this.#wrong = refused(error, this.words);
    }
    this.#asking = false;
    this.requestUpdate();
  }

  async #follow(begun: Running): Promise<void> {
    this.#run = begun;
    while (this.isConnected && this.#run?.state === "running") {
      this.requestUpdate();
      await pause(ASK_AGAIN_MS);
      const run = await patiently(() => get<Running>(`/alert-rules/trials/${begun.id}`));
      if (this.#run?.id !== begun.id) return; // another rule was chosen meanwhile
      this.#run = run;
    }
    if (this.#run?.state !== "failed") return;
    this.#wrong = this.words.trialFailed(this.#run.reason);
    this.#run = null;
  }

  async #end(id: string): Promise<void> {
    try {
      await post(`/alert-rules/trials/${id}/end`, {});
    } catch (error) {
      this.#wrong = refused(error, this.words);
      this.requestUpdate();
    }
  }

  #progress(run: Running): TemplateResult {
    const words = this.words;
    return html`<p class="verdict"><progress max="1" value=${run.share} aria-label=${words.trying}></progress> ${words.triedSoFar(percent(run.share), exact(run.told), fixed(run.seconds, 1))}
      <button type="button" class="quiet" @click=${() => this.#end(run.id)}>${words.endTrial}</button></p>`;
  }

  #outcome(told: Running): TemplateResult {
    const words = this.words;
    const found = firings(told.changes);
    const subjects = new Set(found.map((one) => one.subject)).size;
    const until = told.state === "ended" ? html`<p class="hint">${words.trialEnded(percent(told.share))}</p>` : nothing;
    if (found.length === 0) return html`<p class="empty">${words.trialNothing(brief(told.seconds))}</p>${until}`;
    return html`<p><strong>${words.trialTold(exact(found.length), exact(subjects))}</strong> <span class="unit">${words.trialStep(String(told.step_s), brief(told.seconds))}${told.cut ? ` ${words.trialCut}` : ""}</span></p>${until}
      <table class="cards"><thead><tr>${[words.alertSubject, words.alertSince, words.alertOver, words.value, words.alertLimit].map((head, at) => html`<th scope="col" class=${at > 2 ? "number" : ""}>${head}</th>`)}</tr></thead>
        <tbody>${found.slice(-SHOWN).reverse().map((one) => this.#row(one))}</tbody></table>
      ${found.length > SHOWN ? html`<p class="hint">${words.newestAlerts(exact(SHOWN), exact(found.length))}</p>` : nothing}`;
  }

  #row(one: Firing): TemplateResult {
    const words = this.words;
    const area = store.site?.areas.find(({ code }) => code === one.subject);
    const at = (time: string | null): string => (time === null ? NONE : moment(Date.parse(time), this.zone));
    return html`<tr><th scope="row">${this.name(store.meters.get(one.subject)?.name ?? area?.name, one.subject)}</th>
      <td data-label=${words.alertSince} class="nowrap">${at(one.since)}</td><td data-label=${words.alertOver} class="nowrap">${at(one.until)}</td>
      <td data-label=${words.value} class="number">${brief(one.value)} <span class="unit">${unitText(one.unit)}</span></td>
      <td data-label=${words.alertLimit} class="number">${brief(one.limit)} <span class="unit">${unitText(one.unit)}</span></td></tr>`;
  }
}

customElements.define("pw-trial", Trial);
