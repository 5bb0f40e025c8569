/** <pw-alert-story>: what happened to one alert, and what people do about it. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post } from "../api.ts";
import { brief, unitText } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { may, store, wholePark } from "../store.ts";
import { HOUR_MS, iso, moment } from "../time.ts";
import { happened, quietWord, turn, type AlertChange, type AlertEntry, type AlertStory } from "./answers.ts";
import { refused } from "../parts/refused.ts";

const HOURS = [1, 4, 8, 24, 72, 168];
const FIELDS = { meter: "meters", area: "areas", source: "sources" } as const;
let lastName = "";

class StoryPanel extends Asking<AlertStory> {
  static override properties = { alert: { attribute: false } };
  declare alert: AlertEntry;
  #wrong = "";
  #done = "";

  protected override get question(): string {
    return `${this.alert.id}|${turn()}`;
  }

  protected override ask(): Promise<AlertStory> {
    return get("/alerts/story", { alert: this.alert.id });
  }

  protected override render(): TemplateResult {
    return html`<h3>${this.words.whatHappened}</h3>${this.body()}${may("acknowledge") ? this.#word() : nothing}${this.alert.state === "resolved" || !this.#silences ? nothing : this.#silencing()}
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
      ${this.#done ? html`<p class="good" role="status">✓ ${this.#done}</p>` : nothing}`;
  }

  protected override filled({ changes }: AlertStory): TemplateResult {
    return html`<ol class="story">${changes.map((one) => this.#change(one))}</ol>`;
  }

  #change(one: AlertChange): TemplateResult {
    const words = this.words;
    const figure = one.by || one.value === null ? "" : `${brief(one.value)} ${unitText(one.unit)}`;
    const said = [one.by, figure, one.quiet ? quietWord(one.quiet, words) : "", one.note].filter(Boolean).join(" · ");
    return html`<li><span class="when">${moment(Date.parse(one.at), this.zone)}</span> <strong>${happened(one.what, words)}</strong> ${said}</li>`;
  }

  #word(): TemplateResult {
    const words = this.words;
    return html`<form class="entry" @submit=${this.#act}>
      ${this.#name()}
      <label class="long">${words.note}<input name="note" maxlength="2000" /></label>
      ${this.alert.state === "firing" ? html`<button type="submit" value="acknowledgement">${words.acknowledge}</button>` : nothing}
      <button type="submit" value="comment">${words.comment}</button>
    </form>`;
  }

  /** Single areas silence rules of their own alone: the list of silences has the form. */
  get #silences(): boolean {
    return may("handle-alerts") && wholePark();
  }

  #silencing(): TemplateResult {
    const words = this.words;
    const bySubject = this.alert.subject_kind === "park" ? [] : [["both", words.silenceBoth], ["subject", words.silenceSubject]];
    return html`<form class="entry" aria-label=${words.silence} @submit=${this.#silence}>
      <label>${words.silenceWhat}<select name="what">${[...bySubject, ["rule", words.silenceRule]].map(([value, word]) => html`<option value=${value}>${word}</option>`)}</select></label>
      <label>${words.silenceFor}<select name="hours">${HOURS.map((hours) => html`<option value=${hours}>${hours < 24 ? words.hours_(String(hours)) : words.silencedDays(String(hours / 24))}</option>`)}</select></label>
      <label class="long">${words.reason}<input name="reason" required maxlength="200" /></label>
      ${this.#name()}
      <button type="submit">${words.silence}</button>
    </form>`;
  }

  #name(): TemplateResult {
    return html`<label>${this.words.yourName}<input name="who" required maxlength="200" autocomplete="name" value=${lastName} /></label>`;
  }

  readonly #act = (event: SubmitEvent): Promise<void> => {
    const what = (event.submitter as HTMLButtonElement | null)?.value ?? "comment";
    return this.#send(event, async (read) => {
      if (what === "comment" && read("note") === "") throw new Error(this.words.commentNeeded);
      await post(`/alerts/${what}`, { alert: this.alert.id, who: read("who"), note: read("note") });
      return this.words.actKept;
    });
  };

  readonly #silence = (event: SubmitEvent): Promise<void> =>
    this.#send(event, async (read) => {
      const until = store.now() + Number(read("hours")) * HOUR_MS;
      await post("/silences", { ...this.#fits(read("what")), to: iso(until), who: read("who"), reason: read("reason") });
      return this.words.silenceMade(moment(until, this.zone));
    });

  #fits(what: string): object {
    const { rule, subject, subject_kind } = this.alert;
    const rules = what === "subject" ? {} : { rules: [rule] };
    return what === "rule" || subject_kind === "park" ? rules : { ...rules, [FIELDS[subject_kind]]: [subject] };
  }

  async #send(event: SubmitEvent, send: (read: (name: string) => string) => Promise<string>): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const read = (name: string): string => String(data.get(name) ?? "").trim();
    lastName = read("who");
    try {
      [this.#done, this.#wrong] = [await send(read), ""];
      for (const field of form.querySelectorAll<HTMLInputElement>("[name=note], [name=reason]")) field.value = "";
      store.alerted();
    } catch (error) {
      [this.#done, this.#wrong] = ["", refused(error, this.words)];
    }
    this.requestUpdate();
  }
}

customElements.define("pw-alert-story", StoryPanel);
