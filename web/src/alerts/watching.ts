/** <pw-watching>: puts the rule that was tried, under a code, to be watched from now on. */

import { html, nothing, type TemplateResult } from "lit";
import { post } from "../api.ts";
import { CODE } from "../parts/code.ts";
import { View } from "../parts/view.ts";
import { refused } from "../parts/refused.ts";
import { store } from "../store.ts";
import { severityWord } from "./answers.ts";
import type { Document } from "./documents.ts";

const SEVERITIES = ["info", "warning", "critical"] as const;

class Watching extends View {
  static override properties = { document: { attribute: false }, own: { attribute: false } };
  declare document: Document;
  /** It was put here before, and is put again under its code. */
  declare own: boolean;
  /** The document as its fields have it now. */
  declare typed: () => Document;
  #done = "";
  #wrong = "";

  protected override render(): TemplateResult {
    const words = this.words;
    const { code, name, severity } = this.document;
    return html`<details class="twin"><summary>${words.watchRule}</summary>
      <form class="entry" aria-label=${words.watchRule} @submit=${this.#put}>
        <label>${words.ruleCode}<input name="code" required pattern=${CODE} maxlength="64" autocomplete="off" .value=${this.own ? code : ""} /></label>
        <label class="long">${words.ruleNameEn}<input name="en" required maxlength="200" autocomplete="off" .value=${this.own ? name.en : ""} /></label>
        <label class="long">${words.ruleNameZh}<input name="zh" required maxlength="200" autocomplete="off" .value=${this.own ? name.zh : ""} /></label>
        <label>${words.severity}<select name="severity">${SEVERITIES.map((one) => html`<option value=${one} .selected=${one === (severity ?? "warning")}>${severityWord(one, words)}</option>`)}</select></label>
        <label>${words.yourName}<input name="who" required maxlength="200" autocomplete="name" /></label>
        <label class="long">${words.reason}<input name="reason" required maxlength="200" /></label>
        <button type="submit">${words.watchIt}</button>
      </form></details>
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
      ${this.#done ? html`<p class="good" role="status">✓ ${this.#done}</p>` : nothing}`;
  }

  readonly #put = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const [code, en, zh, severity, who, reason] = ["code", "en", "zh", "severity", "who", "reason"].map((field) => String(form.get(field) ?? "").trim());
    try {
      await post("/alert-rules", { rule: { ...this.typed(), code, severity, name: { en, zh } }, who, reason });
      [this.#done, this.#wrong] = [this.words.ruleWatched(code ?? ""), ""];
      store.alerted();
    } catch (error) {
      [this.#done, this.#wrong] = ["", refused(error, this.words)];
    }
    this.requestUpdate();
  };
}

customElements.define("pw-watching", Watching);
