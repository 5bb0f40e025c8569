/** <pw-entering>: readings by hand and corrections of one meter, each with its person and reason. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, type Schemas } from "../api.ts";
import type { Words } from "../i18n/words.ts";
import { exact, NONE, unitText } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { momentField } from "../parts/moment-field.ts";
import { may, store } from "../store.ts";
import { instantOf, iso, moment } from "../time.ts";
import "../styles/cost.css";
import { refusedFor } from "../parts/refused.ts";

const KINDS = ["manual", "replace", "withdraw", "amount"] as const;
const NEEDS = { manual: "enter-readings", replace: "correct", withdraw: "correct", amount: "correct" } as const;
type Kind = (typeof KINDS)[number];

type Corrections = Schemas["CorrectionList"];

class EnteringPanel extends Asking<Corrections> {
  static override properties = { code: { attribute: false } };
  declare code: string;
  #kind: Kind = "manual";
  #wrong: string[] = [];
  #done = "";

  protected override get question(): string {
    return this.code;
  }

  protected override ask(): Promise<Corrections> {
    return get("/corrections", { meter: this.code, limit: "20" });
  }

  get #quantities(): string[] {
    const carrier = store.meters.get(this.code)?.carrier;
    const shown = Object.keys(store.live?.meters.get(this.code)?.values ?? {});
    return shown.length > 0 ? shown : Object.entries(store.site?.quantities ?? {}).filter(([, one]) => one.carrier === carrier).map(([name]) => name);
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const kinds = KINDS.filter((kind) => may(NEEDS[kind]));
    return html`<header class="report-head"><h2>${words.entering} <span class="subject">${words.enteringSubject}</span></h2></header>
      ${kinds.length > 0 ? this.#form(kinds) : nothing}
      ${this.body()}`;
  }

  #form(kinds: readonly Kind[]): TemplateResult {
    const words = this.words;
    const named = kindNames(words);
    return html`<form class="entry" @submit=${this.#enter}>
        <label>${words.whatToEnter}<select name="kind" @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value)}>${kinds.map((kind) => html`<option value=${kind} ?selected=${kind === this.#kind}>${named[kind]}</option>`)}</select></label>
        <label>${words.quantity}<select name="quantity">${this.#quantities.map((name) => html`<option value=${name}>${this.name(store.site?.quantities[name]?.name, name)} [${unitText(store.site?.quantities[name]?.unit ?? "")}]</option>`)}</select></label>
        <label>${this.#span ? words.from : words.time}${momentField("from", words)}</label>
        ${this.#span ? html`<label>${words.to}${momentField("to", words)}</label>` : nothing}
        ${this.#kind === "withdraw" ? nothing : html`<label>${this.#kind === "amount" ? words.amountOf : words.shownValue}<input type="number" step="any" name="value" required /></label>`}
        <label>${words.who}<input name="who" required maxlength="200" autocomplete="name" /></label>
        <label>${this.#kind === "manual" ? words.note : words.reason}<input name="reason" maxlength="1000" ?required=${this.#kind !== "manual"} /></label>
        <button type="submit">${words.enterRecord}</button>
        ${this.#wrong.length > 0 ? html`<div role="alert"><ul class="reasons bad">${this.#wrong.map((one) => html`<li>${one}</li>`)}</ul></div>` : nothing}
        ${this.#done ? html`<p class="good" role="status">✓ ${this.#done}</p>` : nothing}
      </form>
      <p class="hint">${words.parkTime(this.zone)}</p>`;
  }

  get #span(): boolean {
    return this.#kind === "withdraw" || this.#kind === "amount";
  }

  #choose(kind: string): void {
    this.#kind = KINDS.find((known) => known === kind) ?? "manual";
    [this.#wrong, this.#done] = [[], ""];
    this.requestUpdate();
  }

  readonly #enter = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const read = (name: string): string => String(data.get(name) ?? "").trim();
    try {
      if (this.#kind === "manual") await this.#manual(read);
      else await post("/corrections", this.#correction(read));
      [this.#wrong, this.#done] = [[], this.words.entered];
      this.again();
    } catch (error) {
      this.#wrong = refusedFor(error, this.words);
      this.#done = "";
    }
    this.requestUpdate();
  };

  async #manual(read: (name: string) => string): Promise<void> {
    const note = read("reason") ? { note: read("reason") } : {};
    await post("/manual-readings", { meter: this.code, quantity: read("quantity"), time: this.#instant(read("from")), value: Number(read("value")), who: read("who"), ...note });
  }

  #instant(shown: string): string {
    return iso(instantOf(shown, this.zone));
  }

  #correction(read: (name: string) => string): object {
    const all = { kind: this.#kind, meter: this.code, quantity: read("quantity"), who: read("who"), reason: read("reason") };
    if (this.#kind === "replace") return { ...all, readings: [{ time: this.#instant(read("from")), value: Number(read("value")) }] };
    const span = { ...all, from: this.#instant(read("from")), to: this.#instant(read("to")) };
    return this.#kind === "amount" ? { ...span, amount: Number(read("value")) } : span;
  }

  protected override filled({ corrections }: Corrections): TemplateResult {
    const words = this.words;
    if (corrections.length === 0) return html`<p class="empty">${words.noCorrections}</p>`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.corrections}><table>
      <thead><tr><th scope="col">${words.corrections}</th><th scope="col">${words.quantity}</th><th scope="col">${words.days_}</th><th scope="col">${words.who}</th><th scope="col">${words.reason}</th></tr></thead>
      <tbody>${corrections.map((one) => html`<tr><th scope="row">#${exact(one.id)} ${kindNames(words)[one.kind as Kind] ?? one.kind}</th><td>${one.quantity ? this.name(store.site?.quantities[one.quantity]?.name, one.quantity) : NONE}</td>
        <td>${[one.from, one.to].map((time) => (time ? moment(Date.parse(time), this.zone) : NONE)).join(" – ")}</td><td>${one.who}</td><td>${one.reason}</td></tr>`)}</tbody></table></div>`;
  }
}

function kindNames(words: Words): Record<Kind, string> {
  return { manual: words.readByHand, replace: words.correctReading, withdraw: words.withdrawReadings, amount: words.setAmount };
}

customElements.define("pw-entering", EnteringPanel);
