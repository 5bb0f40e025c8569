/** What generation gives; what gives nothing draws a little: inverters at night. */

import type { Words } from "../i18n/words.ts";

type Power = number | null | undefined;

export function generationWord(power: Power, words: Words): string {
  return (power ?? 0) < 0 ? words.generationDraws : words.generation;
}

/** Without the sign that the word tells. */
export function sized(power: Power): number | null {
  return power === null || power === undefined ? null : Math.abs(power);
}
