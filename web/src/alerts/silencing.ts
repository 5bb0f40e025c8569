/** <pw-silencing>: a silence of one's own: of what, from which day to which, and in which hours of the week. */

import { html, nothing, type TemplateResult } from "lit";
import { post, type Schemas } from "../api.ts";
import { dayAfter } from "../cost/days.ts";
import { named } from "../i18n/words.ts";
import { dayField } from "../parts/day-field.ts";
import { refused } from "../parts/refused.ts";
import { store } from "../store.ts";
import { DAY_MS, day, instantOf, moment } from "../time.ts";
import type { Document } from "./documents.ts";
import { OfRules } from "./of-rules.ts";
import { WEEKDAYS, weekday } from "./weekdays.ts";

const CLOCK = "([01]?\\d|2[0-3]):[0-5]\\d";
const LONG = 365;
const FIELDS = ["areas", "sources", "meters"] as const;
type Field = (typeof FIELDS)[number];

/** Single areas silence rules of their own alone, by their meters and areas. */
function ofPark(): boolean {
  return store.door?.who?.areas === null;
}

class Silencing extends OfRules {
  #first = "";
  #last = "";
  #weekly = false;
  #done = "";
  #wrong = "";

  protected override render(): TemplateResult {
    return html`<details class="twin"><summary>${this.words.silenceNew}</summary>${this.body()}</details>
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
      ${this.#done ? html`<p class="good" role="status">✓ ${this.#done}</p>` : nothing}`;
  }

  protected override filled({ rules }: Schemas["RuleList"]): TemplateResult {
    const words = this.words;
    const language = store.route.language;
    return html`<form class="entry" aria-label=${words.silenceNew} @submit=${this.#silence}>
      <label>${words.rule}<select name="rule"><option value="">${words.silenceEvery}</option>
        ${rules.filter((one) => ofPark() || one.areas !== null).map((one) => html`<option value=${one.code}>${named((one.rule as unknown as Document).name, language, one.code)}</option>`)}</select></label>
      <label>${words.silenceWhere}<select name="where"><option value="">${words.silenceEverywhere}</option>${FIELDS.filter((field) => ofPark() || field !== "sources").map((field) => this.#places(field))}</select></label>
      <label>${words.silenceFirst}${dayField({ label: words.silenceFirst, value: this.#first, picked: (chosen) => { this.#first = chosen; this.requestUpdate(); } }, words)}</label>
      <label>${words.silenceLast}${dayField({ label: words.silenceLast, value: this.#last, picked: (chosen) => { this.#last = chosen; this.requestUpdate(); } }, words)}</label>
      <label>${words.silenceHours}<select name="hours" @change=${this.#hours}><option value="">${words.silenceAlways}</option><option value="weekly">${words.silenceInHours}</option></select></label>
      ${this.#weekly ? this.#week() : nothing}
      <label class="tick"><input type="checkbox" name="maintenance" /> ${words.silenceWork}</label>
      <label class="long">${words.reason}<input name="reason" required maxlength="200" /></label>
      <label>${words.yourName}<input name="who" required maxlength="200" autocomplete="name" /></label>
      <button type="submit">${words.silence}</button>
    </form>`;
  }

  #places(field: Field): TemplateResult {
    const words = this.words;
    const meters = [...store.meters.values()];
    const known: Record<Field, (readonly [string, string])[]> = {
      areas: (store.site?.areas ?? []).map((area) => [area.code, this.name(area.name)]),
      sources: [...new Set(meters.map((meter) => meter.source ?? ""))].filter(Boolean).sort().map((source) => [source, source]),
      meters: meters.map((meter) => [meter.code, this.name(meter.name, meter.code)]),
    };
    const label = { areas: words.silenceAreas, sources: words.silenceSources, meters: words.silenceMeters }[field];
    return html`<optgroup label=${label}>${known[field].map(([code, name]) => html`<option value=${`${field}:${code}`}>${name}</option>`)}</optgroup>`;
  }

  #week(): TemplateResult {
    const words = this.words;
    return html`<fieldset class="week"><legend>${words.silenceInHours}</legend>
      ${WEEKDAYS.map((one) => html`<label class="tick"><input type="checkbox" name="day" value=${one} /> ${weekday(one, store.route.language)}</label>`)}
      ${[["from", words.silenceFrom, "22:00"], ["to", words.silenceTo, "06:00"]].map(([name, label, value]) => html`<label class="clock">${label}<input name=${name} class="clock-field" inputmode="numeric" autocomplete="off" required pattern=${CLOCK} title=${words.silenceClock} value=${value} /></label>`)}
      <p class="hint">${words.silenceNights}</p>
    </fieldset>`;
  }

  readonly #hours = (event: Event): void => {
    this.#weekly = (event.target as HTMLSelectElement).value === "weekly";
    this.requestUpdate();
  };

  readonly #silence = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const days = data.getAll("day").map(String);
    if (this.#weekly && days.length === 0) return this.#say("", this.words.silenceDayNeeded);
    const to = this.#last ? dayAfter(this.#last) : day(store.now() + LONG * DAY_MS, this.zone);
    try {
      await post("/silences", { ...this.#posted(data, days), to });
      this.#say(this.words.silenceMade(moment(instantOf(`${to}T00:00`, this.zone), this.zone)), "");
      store.alerted();
    } catch (error) {
      this.#say("", refused(error, this.words));
    }
  };

  #posted(data: FormData, days: readonly string[]): object {
    const read = (name: string): string => String(data.get(name) ?? "").trim();
    const from = this.#first > day(store.now(), this.zone) ? this.#first : null;
    const weekly = this.#weekly ? { days, from: read("from"), to: read("to") } : null;
    return { ...fits(read("rule"), read("where")), from, weekly, maintenance: data.has("maintenance"), who: read("who"), reason: read("reason") };
  }

  #say(done: string, wrong: string): void {
    [this.#done, this.#wrong] = [done, wrong];
    this.requestUpdate();
  }
}

function fits(rule: string, where: string): object {
  const [field, ...code] = where.split(":");
  return { ...(rule ? { rules: [rule] } : {}), ...(field ? { [field]: [code.join(":")] } : {}) };
}

customElements.define("pw-silencing", Silencing);
