/** A day that is typed or picked: always written 2026-11-22, whatever the browser's own format is. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";

interface DayField {
  label: string;
  /** "" is no day. */
  value: string;
  max?: string;
  picked: (day: string) => void;
}

export function dayField({ label, value, max = "9999-12-31", picked }: DayField, words: Words): TemplateResult {
  const typed = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const text = input.value.trim();
    const right = text === "" || isDay(text, max);
    input.setCustomValidity(right ? "" : words.dayWrong(max === "9999-12-31" ? "" : max));
    if (right) picked(text);
    else input.reportValidity();
  };
  const open = (event: Event): void => (event.currentTarget as HTMLElement).parentElement?.querySelector<HTMLInputElement>("input[type=date]")?.showPicker();
  const chosen = (event: Event): void => picked((event.target as HTMLInputElement).value);
  return html`<span class="day-field">
    <input type="text" inputmode="numeric" autocomplete="off" maxlength="10" size="10" placeholder="YYYY-MM-DD" aria-label=${label} title=${label} .value=${value} @change=${typed} />
    <button type="button" class="quiet" aria-label=${words.calendar} title=${words.calendar} @click=${open}><svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="M4 6h16v14H4zM4 10h16M8 3v5M16 3v5" /></svg></button>
    <input type="date" class="behind" tabindex="-1" aria-hidden="true" max=${max} .value=${value} @change=${chosen} />
  </span>`;
}

/** A day of the calendar that is no later than `max`. */
export function isDay(text: string, max: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(text) && text <= max;
}
