/** Energy carriers: one word and one colour each, on every page. */

import type { Words } from "../i18n/words.ts";

const CARRIERS = [
  "electricity", "gas", "fuel", "steam", "heat", "cooling", "compressed_air", "water", "recovered_heat",
  "production", "ambient",
] as const;

export function carrierWord(carrier: string, words: Words): string {
  const known = CARRIERS.find((one) => one === carrier);
  return known ? words[known] : carrier;
}
