/** <pw-rule>: one rule opened: where it comes from, who put it and why, a trial of it, and taking it away. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, type Schemas } from "../api.ts";
import { Asking } from "../parts/asking.ts";
import { refused } from "../parts/refused.ts";
import { may, store } from "../store.ts";
import { moment } from "../time.ts";
import { meterNames } from "./answers.ts";

type History = Schemas["RuleHistory"];

class Rule extends Asking<History> {
  static override properties = { entry: { attribute: false } };
  declare entry: Schemas["RuleEntry"];
  #wrong = "";

  protected override get question(): string {
    return `${this.entry.code}|${store.alertsTurn}`;
  }

  protected override async ask(): Promise<History> {
    const { code, origin } = this.entry;
    return origin === "api" ? get<History>(`/alert-rules/${encodeURIComponent(code)}/history`) : { code, editions: [] };
  }

  protected override render(): TemplateResult {
    return this.body();
  }

  protected override filled({ editions }: History): TemplateResult {
    const words = this.words;
    const own = this.entry.origin === "api" && (this.entry.areas !== null || store.door?.who?.areas === null);
    return html`${editions.length === 0 ? html`<p class="hint">${words.ruleOfFile(this.entry.code)}</p>` : this.#editions(editions)}
      ${this.#blind()}
      ${store.door?.who?.areas === null ? html`<button type="button" @click=${this.#tried}>${words.tryThisRule}</button>` : nothing}
      ${own && may("handle-alerts") ? this.#removal() : nothing}`;
  }

  #blind(): TemplateResult | typeof nothing {
    const names = meterNames(this.entry.health?.blind ?? [], store.route.language);
    return names.length === 0 ? nothing : html`<p class="hint">${this.words.ruleBlindAll(names.join(this.words.comma))}</p>`;
  }

  #editions(editions: History["editions"]): TemplateResult {
    const words = this.words;
    return html`<ol class="story" aria-label=${words.ruleHistory}>${editions.map((one) => html`<li><span class="nowrap">${moment(Date.parse(one.at), this.zone)}</span>
      ${one.rule === null ? words.ruleTaken(one.who) : words.rulePut(one.who)}<span class="said">${one.reason}</span></li>`)}</ol>`;
  }

  readonly #tried = (): void => {
    this.dispatchEvent(new CustomEvent("try-rule", { detail: this.entry.code, bubbles: true }));
  };

  #removal(): TemplateResult {
    const words = this.words;
    return html`<form class="entry" aria-label=${words.takeRule} @submit=${this.#remove}>
        <label>${words.yourName}<input name="who" required maxlength="200" autocomplete="name" /></label>
        <label class="long">${words.reason}<input name="reason" required maxlength="200" /></label>
        <button type="submit">${words.takeRule}</button>
      </form>
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}`;
  }

  readonly #remove = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const [who, reason] = ["who", "reason"].map((name) => String(data.get(name) ?? "").trim());
    try {
      await post(`/alert-rules/${encodeURIComponent(this.entry.code)}/removal`, { who, reason });
      store.alerted();
    } catch (error) {
      this.#wrong = refused(error, this.words);
      this.requestUpdate();
    }
  };
}

customElements.define("pw-rule", Rule);
