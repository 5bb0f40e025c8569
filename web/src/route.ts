/** What the address says: page and its view, meter, area, month, language and theme. */

import { preferred, type Language } from "./i18n/words.ts";

export const PAGES = ["live", "energy", "carbon", "cost", "alerts", "meters", "collectors", "settings"] as const;
/** Beside those of the rail: whoever is signed in. */
const FURTHER = ["account"] as const;
export type Page = (typeof PAGES)[number] | (typeof FURTHER)[number];
export type Theme = "light" | "dark";

export interface Route {
  page: Page;
  meter: string | null;
  /** The source that is open among the collectors. */
  source: string | null;
  area: string | null;
  days: number;
  /** One of the page's views; null: its first. */
  view: string | null;
  /** 2026-11; null: the one that runs. */
  month: string | null;
  /** What groups are made of, and which of several measures is shown; null: what the view begins with. */
  by: string | null;
  show: string | null;
  /** One day instead of several; 2026-11-22. */
  day: string | null;
  /** Areas and meters whose loads stand side by side; none: the chosen area's. */
  subjects: readonly string[];
  /** A meter is to be added. */
  adding: boolean;
  /** Live as it hangs on a wall: no rail, large, by itself. */
  wall: boolean;
  /** A link that is good once was followed. */
  entering: boolean;
  language: Language;
  theme: Theme | null;
}

/** Views of pages that have several, the first of each without a place in the address. */
export const VIEWS: Partial<Record<Page, readonly string[]>> = {
  energy: ["daily", "profile", "flow", "balance"],
  carbon: ["daily", "inventory"],
  account: ["own", "people"],
  settings: ["factors", "tariffs", "storage", "keys"],
  cost: ["bill", "demand", "plan", "shifts"],
};

export const PERIODS = [7, 14, 31] as const;

export function parse(address: URL, languages: readonly string[]): Route {
  const [first = "", second = ""] = address.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const query = address.searchParams;
  const page = [...PAGES, ...FURTHER].find((known) => known === first) ?? "live";
  return {
    page,
    meter: page === "meters" && second ? second : null,
    source: page === "collectors" && second ? second : null,
    view: VIEWS[page]?.slice(1).find((view) => view === second) ?? null,
    month: monthIn(query.get("month")),
    by: wordIn(query.get("by")),
    show: wordIn(query.get("show")),
    area: query.get("area"),
    days: PERIODS.find((days) => String(days) === query.get("days")) ?? 14,
    day: dayIn(query.get("day")),
    subjects: query.getAll("load").filter(Boolean).slice(0, 6),
    adding: page === "meters" && query.get("add") === "1",
    wall: page === "live" && query.get("wall") === "1",
    entering: first === "enter",
    language: languageIn(query.get("lang"), languages),
    theme: themeIn(query.get("theme")),
  };
}

/** The address of a route; what the browser would choose anyway is left out only when it was never chosen. */
export function href(route: Route): string {
  const query = new URLSearchParams();
  if (route.area) query.set("area", route.area);
  if (route.by) query.set("by", route.by);
  if (route.show) query.set("show", route.show);
  if (route.month) query.set("month", route.month);
  if (route.day && route.page === "energy") query.set("day", route.day);
  if (route.page === "energy" && route.view === "profile") for (const code of route.subjects) query.append("load", code);
  if (route.days !== 14) query.set("days", String(route.days));
  if (route.adding && route.page === "meters") query.set("add", "1");
  if (route.wall && route.page === "live") query.set("wall", "1");
  query.set("lang", route.language);
  if (route.theme) query.set("theme", route.theme);
  const one = route.page === "collectors" ? route.source : route.page === "meters" ? route.meter : viewOf(route);
  return `/${route.page}${one ? `/${encodeURIComponent(one)}` : ""}?${query}`;
}

/** A view belongs to its page alone. */
function viewOf({ page, view }: Route): string | null {
  return VIEWS[page]?.slice(1).find((known) => known === view) ?? null;
}

function monthIn(text: string | null): string | null {
  return text !== null && /^\d{4}-(0[1-9]|1[0-2])$/.test(text) ? text : null;
}

function dayIn(text: string | null): string | null {
  return text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
}

function wordIn(text: string | null): string | null {
  return text !== null && /^[a-z0-9_-]{1,20}$/.test(text) ? text : null;
}

function languageIn(text: string | null, languages: readonly string[]): Language {
  return text === "en" || text === "zh" ? text : preferred(languages);
}

function themeIn(text: string | null): Theme | null {
  return text === "light" || text === "dark" ? text : null;
}
