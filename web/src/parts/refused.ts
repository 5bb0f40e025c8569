/** As refusal, in the page's language where the service's text is known in it; on pages that are fetched later. */

import { detail } from "../i18n/details.ts";
import type { Words } from "../i18n/words.ts";
import { reasons } from "./refusal.ts";

export function refused(error: unknown, words: Words): string {
  return refusedFor(error, words).join("; ");
}

export function refusedFor(error: unknown, words: Words): string[] {
  return reasons(error, words, (said) => detail(said, words.locale === "en" ? "en" : "zh").text);
}
