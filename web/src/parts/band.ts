/** A tariff band: always its colour and its name together. */

import type { Site } from "../api.ts";
import { named, type Language } from "../i18n/words.ts";

const KNOWN = ["deep-valley", "valley", "flat", "peak", "sharp"] as const;

/** The token of a band's colour; a band of unknown name takes the middle one. */
export function bandToken(code: string): string {
  const token = code.replaceAll("_", "-");
  return KNOWN.find((known) => known === token) ?? "flat";
}

export function bandName(site: Site | null, code: string, language: Language): string {
  return named(site?.tariff?.bands.find((band) => band.code === code)?.name, language, code);
}
