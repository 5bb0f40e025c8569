/** What the address says: page, meter, area, language and theme. */

import { preferred, type Language } from "./i18n/words.ts";

export const PAGES = ["live", "energy", "carbon", "meters", "collectors"] as const;
export type Page = (typeof PAGES)[number];
export type Theme = "light" | "dark";

export interface Route {
  page: Page;
  meter: string | null;
  /** The source that is open among the collectors. */
  source: string | null;
  area: string | null;
  days: number;
  language: Language;
  theme: Theme | null;
}

export const PERIODS = [7, 14, 31] as const;

export function parse(address: URL, languages: readonly string[]): Route {
  const [first = "", second = ""] = address.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const query = address.searchParams;
  const page = PAGES.find((known) => known === first) ?? "live";
  return {
    page,
    meter: page === "meters" && second ? second : null,
    source: page === "collectors" && second ? second : null,
    area: query.get("area"),
    days: PERIODS.find((days) => String(days) === query.get("days")) ?? 14,
    language: languageIn(query.get("lang"), languages),
    theme: themeIn(query.get("theme")),
  };
}

/** The address of a route; what the browser would choose anyway is left out only when it was never chosen. */
export function href(route: Route): string {
  const query = new URLSearchParams();
  if (route.area) query.set("area", route.area);
  if (route.days !== 14) query.set("days", String(route.days));
  query.set("lang", route.language);
  if (route.theme) query.set("theme", route.theme);
  const one = route.page === "collectors" ? route.source : route.meter;
  return `/${route.page}${one ? `/${encodeURIComponent(one)}` : ""}?${query}`;
}

function languageIn(text: string | null, languages: readonly string[]): Language {
  return text === "en" || text === "zh" ? text : preferred(languages);
}

function themeIn(text: string | null): Theme | null {
  return text === "light" || text === "dark" ? text : null;
}
