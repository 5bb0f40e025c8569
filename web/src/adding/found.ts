/** What a scan found, unit by unit, and what one reading showed. */

import { html, nothing, type TemplateResult } from "lit";
import type { Schemas } from "../api.ts";
import { named, type Language, type Words } from "../i18n/words.ts";
import { exact, NONE } from "../numbers.ts";

export type Scan = Schemas["ScanAnswer"];
export type Reading = Schemas["TestReading"];
type Unit = Schemas["FoundUnit"];
export type Taken = { unit: string; device: string };

export function scanTable(scan: Scan, taken: Taken, words: Words, take: (taken: Taken) => void): TemplateResult {
  const told = `${words.scanned(exact(scan.asked), exact(scan.units), exact(scan.found.length))} · ${words[`scan_${scan.state}`]}`;
  return html`<p role="status" class="hint">${told}</p>
    ${scan.trouble ? html`<p class="bad" role="alert">${scan.trouble}</p>` : nothing}
    ${scan.found.length > 0 ? units(scan, taken, words, take) : scan.state === "done" ? html`<p class="empty">${words.scanNobody}</p>` : nothing}`;
}

function units(scan: Scan, taken: Taken, words: Words, take: (taken: Taken) => void): TemplateResult {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.scanTitle}><table class="scan">
    <thead><tr><th scope="col" class="number">${words.scanUnit}</th><th scope="col">${words.scanFits}</th></tr></thead>
    <tbody>${scan.found.map((unit) => html`<tr data-unit=${unit.unit}>
      <th scope="row" class="number">${exact(unit.unit)}</th><td>${fits(unit, taken, words, take)}</td></tr>`)}</tbody>
  </table></div>`;
}

function fits(unit: Unit, taken: Taken, words: Words, take: (taken: Taken) => void): TemplateResult {
  const choice = (device: string): TemplateResult => {
    const chosen = taken.unit === String(unit.unit) && taken.device === device;
    return html`<button type="button" aria-pressed=${chosen ? "true" : "false"} @click=${() => take({ unit: String(unit.unit), device })}
      >${chosen ? `✓ ${words.scanTaken}` : words.scanTake}</button>`;
  };
  if (unit.fits.length === 0) return html`${words.scanNothingFits} ${choice("")}`;
  return html`${unit.best.length > 1 ? html`<p class="hint">${words.scanUndecided}</p>` : nothing}
    <ul class="fits">${unit.fits.map((fit) => html`<li><code>${fit.device}</code> ${choice(fit.device)}<span class="hint">${fit.reasons.join(", ")}</span></li>`)}</ul>
    ${unit.trouble ? html`<p class="hint">${unit.trouble}</p>` : nothing}`;
}

export function readingTable(reading: Reading, words: Words, language: Language): TemplateResult {
  if (reading.trouble) return html`<div role="alert"><p class="bad">${words.testNothing}: ${reading.trouble}</p></div>`;
  const identity = Object.values(reading.identity).join(" · ");
  return html`<h3 role="status">${words.testOf(reading.place)}</h3>
    <p class="hint">${[identity, words.testFresh].filter(Boolean).join(" · ")}</p>
    <div class="scroll short" tabindex="0" role="region" aria-label=${words.testOf(reading.place)}><table data-reading>
      <thead><tr><th scope="col">${words.quantity}</th><th scope="col" class="number">${words.value}</th><th scope="col">${words.placeLabel}</th></tr></thead>
      <tbody>${reading.values.map((one) => html`<tr data-quantity=${one.quantity}><th scope="row">${named(one.name, language, one.quantity)}</th>
        <td class="number"><span class="digits">${one.value === null ? NONE : exact(one.value)}</span> <span class="unit">${one.value === null ? "" : one.unit}</span></td>
        <td class="hint">${one.place}</td></tr>`)}</tbody>
    </table></div>
    ${reading.complaints.length > 0 ? html`<ul class="reasons bad">${reading.complaints.map((one) => html`<li>${one}</li>`)}</ul>` : nothing}`;
}
