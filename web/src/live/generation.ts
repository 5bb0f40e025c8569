/** What generation gives; what gives nothing draws a little: inverters at night. */

import type { Words } from "../i18n/words.ts";
import { MINUS_SIGN, scaleFor, three, type Scale } from "../numbers.ts";

type Power = number | null | undefined;

/** By what its figure in that scale shows: where the little that it draws reads as 0, it draws nothing. */
export function generationWord(power: Power, words: Words, scale: Scale = scaleFor("kW", [power ?? null])): string {
  const shown = three((power ?? 0) / scale.divisor, scale.decimals);
  return shown.startsWith(MINUS_SIGN) ? words.generationDraws : words.generation;
}

/** Without the sign that the word tells. */
export function sized(power: Power): number | null {
  return power === null || power === undefined ? null : Math.abs(power);
}
