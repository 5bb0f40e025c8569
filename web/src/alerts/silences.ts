/** <pw-silences>: what nobody is told of for a while, and ending it. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, type Schemas } from "../api.ts";
import { Asking } from "../parts/asking.ts";
import { may, store } from "../store.ts";
import { moment } from "../time.ts";
import { turn, type Silence } from "./answers.ts";
import "./silencing.ts";
import { weekday } from "./weekdays.ts";
import { refused } from "../parts/refused.ts";

class SilencesPanel extends Asking<Schemas["SilenceList"]> {
  #wrong = "";

  protected override get question(): string {
    return turn();
  }

  protected override ask(): Promise<Schemas["SilenceList"]> {
    return get("/silences");
  }

  protected override render(): TemplateResult {
    return html`<h2>${this.words.silences} <span class="subject">${this.words.silencesSubject}</span></h2>${this.body()}
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
      ${may("handle-alerts") ? html`<pw-silencing></pw-silencing>` : nothing}`;
  }

  protected override filled({ silences }: Schemas["SilenceList"]): TemplateResult {
    const words = this.words;
    if (silences.length === 0) return html`<p class="empty">${words.noSilences}</p>`;
    return html`<table class="cards">
      <thead><tr>${[words.silenceFits, words.silenceUntil, words.reason, words.madeBy, ...(may("handle-alerts") ? [words.endSilence] : [])].map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
      <tbody>${silences.map((one) => this.#row(one))}</tbody>
    </table>`;
  }

  #row(one: Silence): TemplateResult {
    const words = this.words;
    const fits = [...one.rules, ...one.meters, ...one.areas, ...one.sources].join(", ") || words.silenceAll;
    const { weekly } = one;
    const hours = weekly && words.silenceWeekly(weekly.days.map((day) => weekday(day, store.route.language)).join(", "), weekly.from, weekly.to);
    const later = Date.parse(one.begins) > store.now();
    return html`<tr data-silence=${one.id}>
      <th scope="row">${fits}${one.maintenance ? html` <span class="said">${words.maintenance}</span>` : nothing}${hours ? html` <span class="said">${hours}</span>` : nothing}</th>
      <td data-label=${words.silenceUntil}><span>${moment(Date.parse(one.ends), this.zone)}${later ? html` <span class="said">${words.silenceBegins(moment(Date.parse(one.begins), this.zone))}</span>` : nothing}</span></td>
      <td data-label=${words.reason}>${one.reason}</td>
      <td data-label=${words.madeBy}>${one.made.who}</td>
      ${may("handle-alerts") ? this.#ending(one, fits) : nothing}
    </tr>`;
  }

  #ending(one: Silence, fits: string): TemplateResult {
    const words = this.words;
    return html`<td data-label=${words.endSilence}><form class="ending" @submit=${(event: SubmitEvent) => this.#end(event, one.id)}>
        <input name="who" required maxlength="200" autocomplete="name" placeholder=${words.yourName} aria-label="${words.yourName}: ${words.endSilenceOf(fits)}" />
        <button type="submit" aria-label=${words.endSilenceOf(fits)}>${words.endSilence}</button></form></td>`;
  }

  async #end(event: SubmitEvent, id: number): Promise<void> {
    event.preventDefault();
    const who = String(new FormData(event.target as HTMLFormElement).get("who") ?? "").trim();
    try {
      await post(`/silences/${id}/end`, { who });
      this.#wrong = "";
      store.alerted();
    } catch (error) {
      this.#wrong = refused(error, this.words);
    }
    this.requestUpdate();
  }
}

customElements.define("pw-silences", SilencesPanel);
