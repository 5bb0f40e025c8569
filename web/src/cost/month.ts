/** The choice of a billing month: the one before, a list, the one after. */

import { html, nothing, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { day } from "../time.ts";
import { shifted } from "./days.ts";

const LISTED = 24;

export function monthPicker(words: Words, zone: string, shown: string | null = null): TemplateResult {
  const running = day(store.now(), zone).slice(0, 7);
  const chosen = store.route.month ?? shown ?? running;
  const to = (month: string): string | null => (month === (shown === null ? running : null) ? null : month);
  const step = (by: number, label: string, sign: string): TemplateResult => {
    const month = shifted(chosen, by);
    return month > running ? html`<span class="step" aria-hidden="true">${sign}</span>` : html`<a class="step" href=${href({ ...store.route, month: to(month) })} aria-label="${label}: ${month}">${sign}</a>`;
  };
  return html`<div class="months" role="group" aria-label=${words.month}>
    ${step(-1, words.monthBefore, "‹")}
    <select aria-label=${words.month} @change=${(event: Event) => store.go({ month: to((event.target as HTMLSelectElement).value) })}>
      ${listed(running, chosen).map((month) => html`<option value=${month} ?selected=${month === chosen}>${month}${month === running ? ` · ${words.monthRuns}` : nothing}</option>`)}
    </select>
    ${step(1, words.monthAfter, "›")}
  </div>`;
}

function listed(running: string, chosen: string): string[] {
  const months = Array.from({ length: LISTED }, (_, i) => shifted(running, -i));
  return months.includes(chosen) ? months : [...months, chosen];
}
