/** What the service gives as reasons, in the reader's language where there are words for it. */

import { html, nothing, type TemplateResult } from "lit";
import { detail } from "../i18n/details.ts";
import type { Language } from "../i18n/words.ts";

export function saidText(reason: string, language: Language): string {
  return detail(reason, language).text;
}

export function said(reasons: readonly string[], language: Language): TemplateResult | typeof nothing {
  if (reasons.length === 0) return nothing;
  return html`<ul class="reasons">${reasons.map((reason) => {
    const told = detail(reason, language);
    return html`<li lang=${told.language}>${told.text}</li>`;
  })}</ul>`;
}
