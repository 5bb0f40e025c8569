/** The days of the week as silences name them, and what people call them. */

import type { Language } from "../i18n/words.ts";
import { DAY_MS } from "../time.ts";

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const MONDAY = Date.UTC(2026, 5, 22);

export function weekday(day: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(MONDAY + WEEKDAYS.indexOf(day as (typeof WEEKDAYS)[number]) * DAY_MS);
}
