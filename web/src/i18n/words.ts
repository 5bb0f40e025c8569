/** Every text on the page, in both languages; a missing one does not compile. */

import type { Name } from "../api.ts";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

type Widened<T> = T extends (...values: infer A) => string ? (...values: A) => string : string;

export type Words = { readonly [K in keyof typeof en]: Widened<(typeof en)[K]> };
export type Language = "en" | "zh";

const dictionaries: Record<Language, Words> = { en, zh };

export function wordsOf(language: Language): Words {
  return dictionaries[language];
}

export function preferred(tags: readonly string[]): Language {
  const first = tags.find((tag) => /^(zh|en)\b/i.test(tag));
  return first?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function named(name: Name | undefined, language: Language, fallback = ""): string {
  return name?.[language] || name?.en || fallback;
}

const SPANS: Record<Language, { s: string; min: string; h: string; d: string; gap: string }> = {
  en: { s: "s", min: "min", h: "h", d: "d", gap: " " },
  zh: { s: "秒", min: "分钟", h: "小时", d: "天", gap: " " },
};

/** How long something lasts or is ago: 12 s, 5 min, 2 h 10 min, 3 d. */
export function span(seconds: number, language: Language): string {
  const unit = SPANS[language];
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} ${unit.s}`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} ${unit.min}`;
  if (minutes < 48 * 60) return hours(minutes, unit);
  return `${Math.round(minutes / 1440)} ${unit.d}`;
}

function hours(minutes: number, unit: (typeof SPANS)[Language]): string {
  const rest = minutes % 60;
  const whole = `${Math.floor(minutes / 60)} ${unit.h}`;
  return rest ? `${whole}${unit.gap}${rest} ${unit.min}` : whole;
}
