/** What came and nobody declared: meters, posted names, and numbers that no template mentions. */

import { html, nothing, type TemplateResult } from "lit";
import type { Stray, StrayList, StrayName } from "../api.ts";
import { brief, exact } from "../numbers.ts";
import { moment } from "../time.ts";
import { age, type Context } from "./trace.ts";

interface Row {
  key: string;
  source: string;
  meter: string;
  /** Empty where the meter itself is undeclared. */
  name: string;
  rows: number;
  first: string;
  last: string;
  values: string;
}

export function straysPanel(list: StrayList | null, context: Context): TemplateResult | typeof nothing {
  const { words } = context;
  if (!list) return nothing;
  const parts = [
    table("meters", words.strangers, words.strayMetersHint, list.strays.map(ofMeter), context),
    table("names", words.strayNames, words.strayNamesHint, list.names.map(ofName), context),
    table("addresses", words.strayAddresses, words.strayAddressesHint, list.unmapped.filter(atAddress).map(ofName), context),
    table("unmapped", words.unmapped, words.unmappedHint, list.unmapped.filter((each) => !atAddress(each)).map(ofName), context),
  ].filter((part) => part !== nothing);
  if (parts.length === 0) return nothing;
  return html`<section class="panel strays">
    <h1>${words.undeclared} <span class="subject">${words.undeclaredSubject}</span></h1>
    ${parts}
  </section>`;
}

/** No meter is declared there. */
function atAddress(found: StrayName): boolean {
  return found.meter.startsWith("@");
}

function ofMeter(stray: Stray): Row {
  const values = Object.entries(stray.values).map(([name, value]) => `${name} ${brief(value)}`);
  return { ...stray, key: stray.meter, name: "", values: values.join(" · ") };
}

function ofName(found: StrayName): Row {
  const name = ["measurement" in found ? found.measurement : "", found.name].filter(Boolean).join(" ");
  return { ...found, key: `${found.meter} ${name}`, name, values: brief(found.value) };
}

function table(kind: string, title: string, hint: string, rows: readonly Row[], context: Context): TemplateResult | typeof nothing {
  const { words } = context;
  if (rows.length === 0) return nothing;
  const named = rows.some((row) => row.name !== "");
  return html`<h2 class="aside-title">${title} <span class="digits">${exact(rows.length)}</span> <span class="subject">${hint}</span></h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${title}>
      <table class="aside cards" data-strays=${kind}>
        <thead>
          <tr>
            <th scope="col">${words.strayMeter}</th>
            ${named ? html`<th scope="col">${words.name}</th>` : nothing}
            <th scope="col">${words.source}</th>
            <th scope="col" class="number">${words.rowsKept}</th>
            <th scope="col">${words.lastSeen}</th>
            <th scope="col">${words.newestValue}</th>
          </tr>
        </thead>
        <tbody>${rows.map((row) => line(row, named, context))}</tbody>
      </table>
    </div>`;
}

function line(row: Row, named: boolean, context: Context): TemplateResult {
  const { words, zone } = context;
  const span = `${moment(Date.parse(row.first), zone)} – ${moment(Date.parse(row.last), zone)}`;
  return html`<tr data-stray=${row.key}>
    <th scope="row"><code>${row.meter}</code></th>
    ${named ? html`<td class="wide" data-label=${words.name}><code>${row.name}</code></td>` : nothing}
    <td data-label=${words.source}>${row.source}</td>
    <td data-label=${words.rowsKept} class="number"><span class="digits">${exact(row.rows)}</span></td>
    <td data-label=${words.lastSeen} class="nowrap" title=${span}>${age(row.last, context)}</td>
    <td class="wide" data-label=${words.newestValue}><span class="digits">${row.values}</span></td>
  </tr>`;
}
