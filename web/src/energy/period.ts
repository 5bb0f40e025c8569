/** The stretch of days that the energy views look at, and its choice. */

import { html, nothing, type TemplateResult } from "lit";
import { dayAfter } from "../cost/days.ts";
import type { Words } from "../i18n/words.ts";
import type { Span } from "../live/days.ts";
import { dayField } from "../parts/day-field.ts";
import { href, PERIODS, type Route } from "../route.ts";
import { store } from "../store.ts";
import { day, instantOf, startOfDay } from "../time.ts";

export type Against = "before" | "year";
const WEEKS_OF_YEAR = 52;

/** The chosen day, or the last days until the end of today. */
export function spanOf(route: Pick<Route, "day" | "days">, now: number, zone: string): Span {
  if (route.day) return { from: instantOf(`${route.day}T00:00`, zone), to: instantOf(`${dayAfter(route.day)}T00:00`, zone) };
  return { from: startOfDay(now, zone, 1 - route.days), to: startOfDay(now, zone, 1) };
}

/** As many days just before, or on the same weekdays 52 weeks ago. */
export function spanAgainst(span: Span, days: number, against: Against, zone: string): Span {
  const back = against === "before" ? days : 7 * WEEKS_OF_YEAR;
  return { from: startOfDay(span.from, zone, -back), to: startOfDay(span.to, zone, -back) };
}

export function spanText(span: Span, zone: string): string {
  const [first, last] = [day(span.from, zone), day(span.to - 1, zone)];
  return first === last ? first : `${first} – ${last}`;
}

export function periodPicker(words: Words, zone: string): TemplateResult {
  const { route } = store;
  const today = day(store.now(), zone);
  const step = (by: number, label: string, sign: string): TemplateResult | typeof nothing => {
    if (!route.day || dayAfter(route.day, by) > today) return nothing;
    return html`<a class="step" href=${href({ ...route, day: dayAfter(route.day, by) })} aria-label="${label}: ${dayAfter(route.day, by)}">${sign}</a>`;
  };
  return html`<div class="period-picker" role="group" aria-label=${words.period}>
    <nav class="periods" aria-label=${words.period}>
      ${PERIODS.map((days) => html`<a href=${href({ ...route, days, day: null })} aria-current=${String(route.day === null && days === route.days)}>${words.days(days)}</a>`)}
    </nav>
    ${step(-1, words.dayBefore, "‹")}
    ${dayField({ label: words.oneDay, value: route.day ?? "", max: today, picked: (chosen) => store.go({ day: chosen || null }) }, words)}
    ${step(1, words.dayAfter, "›")}
  </div>`;
}
