/** <pw-alert-list>: open alerts or those that are over, each with its story when it is opened. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { get, type Schemas } from "../api.ts";
import { brief, exact, NONE, unitText } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { store } from "../store.ts";
import { iso, moment, startOfDay } from "../time.ts";
import { quietWord, ruleName, severityMark, silenceOf, stateWord, subjectName, turn, type AlertEntry, type RuleList, type Silence } from "./answers.ts";
import { rulesNow } from "./of-rules.ts";
import "./story.ts";

interface Listing extends RuleList {
  alerts: AlertEntry[];
  silences: Silence[];
  /** Whether there are further ones that were not asked for. */
  more: boolean;
}

const DAYS = 7;
const SHOWN = 100;
const COLUMNS = 7;

class AlertListing extends Asking<Listing> {
  static override properties = { over: { attribute: false } };
  declare over: boolean;
  #open: string | null = null;

  protected override get question(): string {
    return turn();
  }

  protected override async ask(): Promise<Listing> {
    const from = iso(startOfDay(store.now(), this.zone, -DAYS));
    const [{ alerts, next }, { rules }, { silences }] = await Promise.all([
      get<{ alerts: AlertEntry[]; next: string | null }>("/alerts", this.over ? { over: "true", from } : {}),
      rulesNow(),
      this.over ? { silences: [] } : get<Schemas["SilenceList"]>("/silences"),
    ]);
    return { rules, silences, alerts, more: next !== null };
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const [title, subject] = this.over ? [words.pastAlerts, words.pastAlertsSubject] : [words.openAlerts, words.openAlertsSubject];
    const heading = html`${title} <span class="subject">${subject}</span>`;
    return html`${this.over ? html`<h2>${heading}</h2>` : html`<h1>${heading}</h1>`}${this.body()}`;
  }

  protected override filled({ alerts, rules, silences, more }: Listing): TemplateResult {
    const words = this.words;
    if (alerts.length === 0) return html`<p class="empty">${this.over ? words.noPastAlerts : words.noOpenAlerts(exact(rules.length))}</p>`;
    const heads = [words.severity, words.rule, words.alertSubject, words.value, words.alertLimit, words.alertSince, this.over ? words.alertOver : words.condition];
    return html`<table class="alerts cards">
        <thead><tr>${heads.map((head, at) => html`<th scope="col" class=${at === 3 || at === 4 ? "number" : ""}>${head}</th>`)}</tr></thead>
        ${repeat(alerts.slice(0, SHOWN), (one) => one.id, (one) => this.#row(one, rules, silences))}
      </table>
      ${alerts.length > SHOWN ? html`<p class="hint">${(this.over ? words.newestAlerts : words.worstAlerts)(exact(SHOWN), `${exact(alerts.length)}${more ? "+" : ""}`)}</p>` : nothing}`;
  }

  #row(one: AlertEntry, rules: RuleList["rules"], silences: readonly Silence[]): TemplateResult {
    const words = this.words;
    const open = this.#open === one.id;
    const [rule, subject] = [ruleName({ rules }, one.rule, store.route.language), subjectName(one, store.route.language)];
    return html`<tbody data-alert=${one.id}>
      <tr>
        <td data-label=${words.severity}>${severityMark(one.severity, words)}</td>
        <th scope="row"><button type="button" class="disclose" aria-expanded=${String(open)} aria-label=${words.showAlert(rule, subject)} @click=${() => this.#toggle(one.id)}><span class="turn" aria-hidden="true">${open ? "▾" : "▸"}</span> <span>${rule}</span></button></th>
        <td data-label=${words.alertSubject}><span>${subject}${subject === one.subject ? nothing : html` <span class="unit">${one.subject}</span>`}</span></td>
        <td data-label=${words.value} class="number">${this.#figure(one.value, one.unit)}</td>
        <td data-label=${words.alertLimit} class="number">${this.#figure(one.limit, one.unit)}</td>
        <td data-label=${words.alertSince}>${this.#at(one.since)}</td>
        <td data-label=${this.over ? words.alertOver : words.condition}>${this.over ? this.#at(one.resolved) : this.#state(one, silences)}</td>
      </tr>
      ${open ? html`<tr class="opened"><td colspan=${COLUMNS}><pw-alert-story .alert=${one}></pw-alert-story></td></tr>` : nothing}
    </tbody>`;
  }

  #figure(value: number | null, unit: string): TemplateResult {
    return html`<span class="figure"><span class="digits">${brief(value)}</span>${value === null ? nothing : html` <span class="unit">${unitText(unit)}</span>`}</span>`;
  }

  #at(time: string | null): TemplateResult {
    return html`<span class="nowrap">${time === null ? NONE : moment(Date.parse(time), this.zone)}</span>`;
  }

  #state(one: AlertEntry, silences: readonly Silence[]): TemplateResult {
    const words = this.words;
    const silence = silenceOf(one, silences, store.now());
    return html`<span><span class=${one.state === "firing" ? "is-firing" : ""}>${stateWord(one, words)}</span>
      ${one.flapping ? html`<span class="said" title=${words.flappingHint}>${words.flapping}</span>` : nothing}
      ${one.corrected ? html`<span class="said" title=${words.correctedHint}>${words.corrected}</span>` : nothing}
      ${silence ? html`<span class="said">${words.silencedUntil(moment(Date.parse(silence.ends), this.zone))}</span>` : one.quiet ? html`<span class="said">${quietWord(one.quiet, words)}</span>` : nothing}</span>`;
  }

  #toggle(id: string): void {
    this.#open = this.#open === id ? null : id;
    this.requestUpdate();
  }
}

customElements.define("pw-alert-list", AlertListing);
