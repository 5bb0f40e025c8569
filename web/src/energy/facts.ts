/** Key figures of each load of a period, and how they moved against the period that it is compared with. */

import { html, nothing, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { coverage, NONE, percent, scaleFor, three } from "../numbers.ts";
import { moment } from "../time.ts";
import { factsOf, type Facts, type Profile } from "./lines.ts";

export function factsTable(answer: Profile, words: Words, zone: string): TemplateResult {
  const rows = answer.lines.map((line) => ({ line, own: factsOf(line.quarters), other: line.against.length > 0 ? factsOf(line.against) : null }));
  const compared = rows.some((row) => row.other !== null);
  const scale = scaleFor("kWh", rows.map((row) => row.own.kwh), 10_000);
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.keyFigures}><table class="key-figures">
    <thead><tr>
      <th scope="col">${words.keyFigures}</th><th scope="col" class="number">${words.energy} <span class="unit">${scale.unit}</span></th>
      ${compared ? html`<th scope="col" class="number">${words.change}</th>` : nothing}
      <th scope="col" class="number">${words.meanPower} <span class="unit">kW</span></th><th scope="col" class="number">${words.highest} <span class="unit">kW</span></th>
      <th scope="col">${words.reachedAt}</th><th scope="col" class="number">${words.loadFactor}</th><th scope="col" class="number">${words.coverage}</th>
    </tr></thead>
    <tbody>${rows.map(({ line, own, other }) => html`<tr>
      <th scope="row">${line.label}</th>
      <td class="number">${(own.coverage ?? 1) < 1 && own.kwh !== null ? "~" : ""}${three(own.kwh === null ? null : own.kwh / scale.divisor)}</td>
      ${compared ? html`<td class="number">${changed(own, other)}</td>` : nothing}
      <td class="number">${three(own.mean)}</td><td class="number">${three(own.most)}</td>
      <td class="nowrap">${own.mostAt === null ? NONE : moment(own.mostAt, zone).slice(0, 16)}</td>
      <td class="number">${percent(own.factor)} <span class="unit">%</span></td>
      <td class="number ${(own.coverage ?? 1) < 0.95 ? "low" : ""}">${coverage(own.coverage)} <span class="unit">%</span></td>
    </tr>`)}</tbody></table></div>`;
}

/** Mean powers are compared, so that a period that still runs stands beside a whole one. */
function changed(own: Facts, other: Facts | null): TemplateResult | string {
  if (own.mean === null || !other?.mean) return NONE;
  const share = own.mean / other.mean - 1;
  return html`${share > 0 ? "+" : ""}${percent(share)} <span class="unit">%</span>`;
}
