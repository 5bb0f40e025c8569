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

  constructor(readonly told: () => void) {}

  async ask(): Promise<void> {
    try {
      const { alerts } = await get<Schemas["AlertList"]>("/alerts");
      const before = this.count;
      this.count = alerts.filter((one) => one.state === "firing").length;
      if (before !== null && this.count > before) chime();
    } catch {
      this.count = null;
    }
    this.told();
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
