/** From which day to which something is for. */

import type { Words } from "../i18n/words.ts";

export function validity(from: string | null, to: string | null, words: Words): string {
  if (from === null && to === null) return words.alwaysValid;
  if (to === null) return words.validFrom(from ?? "");
  return from === null ? words.validTo(to) : `${from} – ${to}`;
}
