/** <pw-rules>: every rule that is watched: what it judges, where, how it is doing; chosen for a trial, or taken away. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Schemas } from "../api.ts";
import { named } from "../i18n/words.ts";
import { exact, NONE } from "../numbers.ts";
import { store } from "../store.ts";
import { clockSeconds, day, moment } from "../time.ts";
import { meterNames, severityMark } from "./answers.ts";
import { conditionsOf, kindOf, placesOf, type Known } from "./conditions.ts";
import type { Document } from "./documents.ts";
import { OfRules } from "./of-rules.ts";
import "./rule.ts";
import { worstFirst, type Severity } from "./severity.ts";

export type RuleEntry = Schemas["RuleEntry"];

const COLUMNS = 5;
const NAMED = 3;

function severity(one: RuleEntry): Severity {
  return ((one.rule as unknown as Document)["severity"] ?? "warning") as Severity;
}

class Rules extends OfRules {
  #open: string | null = null;

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<h2>${words.rules} <span class="subject">${words.rulesSubject}</span></h2>${this.body()}`;
  }

  protected override filled({ rules }: Schemas["RuleList"]): TemplateResult {
    const words = this.words;
    if (rules.length === 0) return html`<p class="empty">${words.noRules}</p>`;
    const heads = [words.severity, words.rule, words.ruleJudges, words.alertSubject, words.ruleJudged];
    return html`<table class="alerts cards">
      <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
      ${repeat(worstFirst(rules, severity), (one) => one.code, (one) => this.#row(one))}
    </table>`;
  }

  #row(one: RuleEntry): TemplateResult {
    const words = this.words;
    const document = one.rule as unknown as Document;
    const known: Known = { site: store.site, meters: store.meters, language: store.route.language };
    const [name, open] = [named(document.name, known.language, one.code), this.#open === one.code];
    return html`<tbody data-rule=${one.code}>
      <tr>
        <td data-label=${words.severity}>${severityMark(severity(one), words)}</td>
        <th scope="row"><button type="button" class="disclose" aria-expanded=${String(open)} aria-label=${words.showRule(name)} @click=${() => this.#toggle(one.code)}><span class="turn" aria-hidden="true">${open ? "▾" : "▸"}</span> <span>${name}</span></button></th>
        <td data-label=${words.ruleJudges}><span>${kindOf(document, known.language)}<span class="said">${conditionsOf(document, known).map((pair) => pair.join(" ").trim()).join(" · ")}</span></span></td>
        <td data-label=${words.alertSubject}><span>${placesOf(document, known).join(words.comma) || words.silenceEverywhere}${this.#blind(one)}</span></td>
        <td data-label=${words.ruleJudged} class=${one.health?.failing || document["active"] === false ? "" : "judged-well"}>${this.#health(one, document)}</td>
      </tr>
      ${open ? html`<tr class="opened"><td colspan=${COLUMNS}><pw-rule .entry=${one}></pw-rule></td></tr>` : nothing}
    </tbody>`;
  }

  #health({ health }: RuleEntry, document: Document): TemplateResult {
    const words = this.words;
    if (document["active"] === false) return html`<span>${words.ruleOff}</span>`;
    if (health?.failing) return html`<span class="wrong">${words.ruleFailing}<span class="said">${health.last_error}</span></span>`;
    return html`<span class="nowrap">${health?.last_evaluated ? this.#at(Date.parse(health.last_evaluated)) : NONE}</span>`;
  }

  /** Meters that it can never judge; all of them are named where the rule is opened. */
  #blind({ health }: RuleEntry): TemplateResult | typeof nothing {
    const names = meterNames(health?.blind ?? [], store.route.language);
    const [first, further] = [names.slice(0, NAMED).join(this.words.comma), names.length - NAMED];
    if (names.length === 0) return nothing;
    return html`<span class="said">${this.words.ruleBlind(further > 0 ? this.words.andFurther(first, exact(further)) : first)}</span>`;
  }

  #at(judged: number): string {
    return day(judged, this.zone) === day(store.now(), this.zone) ? clockSeconds(judged, this.zone) : moment(judged, this.zone);
  }

  #toggle(code: string): void {
    this.#open = this.#open === code ? null : code;
    this.requestUpdate();
  }
}

customElements.define("pw-rules", Rules);
