/** The records of one meter as tables: readings, events and conflicts, template. */

import { html, nothing, type TemplateResult } from "lit";
import type { MeterDetail, Site, Template } from "../api.ts";
import { named, type Language, type Words } from "../i18n/words.ts";
import { exact, unitText } from "../numbers.ts";
import { cited } from "../parts/cited.ts";
import { moment } from "../time.ts";

export interface Context {
  words: Words;
  zone: string;
  site: Site | null;
  language: Language;
}

export function quantityName(name: string, { site, language }: Context): string {
  return named(site?.quantities[name]?.name, language, name);
}

/** How many quantities a sheet of paper holds beside the time, as its style has it. */
const ON_PAPER = 8;

export function readingsTable(detail: MeterDetail, context: Context): TemplateResult {
  const { words, zone, site } = context;
  const names = [...new Set(detail.readings.flatMap((reading) => Object.keys(reading.values)))];
  if (detail.readings.length === 0) return html`<p class="empty">${words.noValues}</p>`;
  return html`${scrolling(words.last20, html`<table class="paper-first">
    <thead>
      <tr>
        <th scope="col">${words.time}</th>
        ${names.map((name) => html`<th scope="col" class="number">${quantityName(name, context)} <span class="unit">${unitText(site?.quantities[name]?.unit ?? "")}</span></th>`)}
      </tr>
    </thead>
    <tbody>
      ${detail.readings.map((reading) => html`<tr>
        <th scope="row">${moment(Date.parse(reading.time), zone)}</th>
        ${names.map((name) => html`<td class="number">${exact(reading.values[name])}</td>`)}
      </tr>`)}
    </tbody>
  </table>`)}${names.length > ON_PAPER ? html`<p class="hint paper-note">${words.onPaper(String(ON_PAPER), String(names.length))}</p>` : nothing}`;
}

export function eventsTable(detail: MeterDetail, context: Context): TemplateResult {
  const { words, zone } = context;
  const events = detail.events.map((event) => ({ ...event, text: flagWord(event.flag, words) }));
  const conflicts = detail.conflicts.map((one) => ({
    ...one,
    text: `${words.kept} ${exact(one.kept)} · ${words.offered} ${exact(one.offered)}`,
  }));
  const rows = [...events, ...conflicts].sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
  if (rows.length === 0) return html`<p class="empty">${words.noEvents}</p>`;
  return scrolling(words.events, html`<table>
    <tbody>
      ${rows.map((row) => html`<tr>
        <th scope="row">${moment(Date.parse(row.time), zone)}</th>
        <td>${quantityName(row.quantity, context)}</td>
        <td>${row.text}</td>
      </tr>`)}
    </tbody>
  </table>`);
}

export function templateTable(template: Template, context: Context): TemplateResult {
  const { words } = context;
  return html`<p class="template-name">${named(template.name, context.language, template.code)} <code>${template.code}</code>
      ${template.verified ? nothing : html`<span class="measured">${words.unverified}</span>`}</p>
    <p class="source">${words.templateSource}${words.colon}${cited(template.source)}</p>
    ${template.values.length === 0
      ? nothing
      : scrolling(words.template, html`<table>
          <thead>
            <tr><th scope="col">${words.register}</th><th scope="col">${words.quantity}</th><th scope="col">${words.unit}</th></tr>
          </thead>
          <tbody>
            ${template.values.map((row) => html`<tr>
              <th scope="row"><code>${[row.place, row.form].filter(Boolean).join(" · ")}</code></th>
              <td>${quantityName(row.quantity, context)}</td>
              <td>${row.unit}</td>
            </tr>`)}
          </tbody>
        </table>`)}`;
}

function flagWord(flag: string, words: Words): string {
  const known: Record<string, string> = {
    reset: words.flagReset,
    rollover: words.flagRollover,
    glitch: words.flagGlitch,
    step_back: words.flagStepBack,
    repeat: words.flagRepeat,
    replacement: words.flagReplacement,
    overlap: words.flagOverlap,
    range: words.flagRange,
    jump: words.flagJump,
    stuck: words.flagStuck,
    counter_back: words.flagCounterBack,
    clock_ahead: words.flagClockAhead,
    duplicate: words.flagDuplicate,
  };
  return known[flag] ?? flag;
}

function scrolling(label: string, table: TemplateResult): TemplateResult {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>${table}</div>`;
}
