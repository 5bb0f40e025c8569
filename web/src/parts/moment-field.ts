/** A moment on the park's clock: always written 2026-11-22 14:05:00, whatever the browser's own format is. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { isDay } from "./day-field.ts";

const LAST_DAY = "9999-12-31";

export function momentField(name: string, words: Words): TemplateResult {
  const typed = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    input.setCustomValidity(isMoment(input.value.trim()) ? "" : words.momentWrong);
  };
  return html`<input type="text" class="moment-field" name=${name} inputmode="numeric" autocomplete="off" maxlength="19" placeholder="YYYY-MM-DD HH:MM" title=${words.momentWrong} @input=${typed} required />`;
}

/** Seconds may be left out. */
export function isMoment(text: string): boolean {
  const [day = "", clock = "", ...rest] = text.split(/[ T]/);
  return isDay(day, LAST_DAY) && /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(clock) && rest.length === 0;
}
