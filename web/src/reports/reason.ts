/** Why a day has the factor it has, in the reader's language. */

import type { FactorUse } from "../api.ts";
import { html, type TemplateResult } from "lit";
import { detail } from "../i18n/details.ts";
import type { Language, Words } from "../i18n/words.ts";

/** The service's own English sentence stands for a rule that this page does not know. */
export function reasonOf(use: FactorUse, words: Words): string {
  const year = String(use.year);
  const known: Record<string, string> = {
    own_year: words.ownYear(year),
    newest_year: words.newestYear(year),
    no_year: words.noYear,
    standing: words.standing,
  };
  const rule = known[use.rule];
  if (!rule) return use.why;
  return use.region === use.asked ? rule : `${rule} · ${words.regionInstead(use.region, use.asked)}`;
}

/** Why there is no figure, or none in full. */
export function lackOf(said: string, language: Language): TemplateResult {
  const told = detail(said, language);
  return html`<span lang=${told.language}>${told.text}</span>`;
}
