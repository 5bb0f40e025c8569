/** How many alerts nobody has taken care of yet: as a badge on the rail, and as a figure in the strip. */

import { html, nothing, type TemplateResult } from "lit";
import { get, type Schemas } from "../api.ts";
import type { Words } from "../i18n/words.ts";
import { chime } from "./chime.ts";
import { href, type Route } from "../route.ts";

const [MOST, MOST_IN_STRIP] = [99, 999];

export class Firing {
  /** Null until it is known, and for whom alerts are not shown. */
  count: number | null = null;
  #asked = 0;
  #heard = 0;

  constructor(readonly told: () => void) {}

  /** An answer that comes after a newer one says nothing. */
  async ask(): Promise<void> {
    const turn = ++this.#asked;
    const count = await counted();
    if (turn < this.#heard) return;
    const before = this.count;
    [this.#heard, this.count] = [turn, count];
    if (before !== null && count !== null && count > before) chime();
    this.told();
  }
}

async function counted(): Promise<number | null> {
  try {
    const { alerts } = await get<Schemas["AlertList"]>("/alerts");
    return alerts.filter((one) => one.state === "firing").length;
  } catch {
    return null;
  }
}

function atMost(count: number, most: number): string {
  return count > most ? `${most}+` : String(count);
}

export function badge({ count }: Firing, words: Words): TemplateResult | typeof nothing {
  if (!count) return nothing;
  const shown = atMost(count, MOST);
  return html`<span class="badge" role="img" aria-label=${words.firingNow(shown)}>${shown}</span>`;
}

export function openAlerts({ count }: Firing, route: Route, words: Words): TemplateResult | typeof nothing {
  if (count === null) return nothing;
  const address = href({ ...route, page: "alerts", meter: null, view: null, by: null, show: null });
  return html`<div class="open-alerts ${count > 0 ? "level-bad" : ""}" data-figure="alerts">
    <dt>${words.openAlertsShort}</dt>
    <dd><a href=${address}><span class="digits">${atMost(count, MOST_IN_STRIP)}</span></a></dd>
  </div>`;
}
