import { expect, it } from "vitest";
import { href, parse, type Route } from "../src/route.ts";

const at = (path: string, languages = ["en"]): Route => parse(new URL(path, "http://127.0.0.1:8000"), languages);

it("a bare address is the live view in the browser's language and theme", () => {
  expect(at("/", ["zh-CN"])).toEqual({ page: "live", meter: null, source: null, area: null, days: 14, view: null, month: null, by: null, show: null, day: null, subjects: [], adding: false, wall: false, entering: false, language: "zh", theme: null });
});

it.each([
  { page: "live", meter: null, source: null, area: "E1", days: 14, view: null, month: null, by: null, show: null, day: null, subjects: [], adding: false, wall: true, entering: false, language: "en", theme: "dark" },
  { page: "meters", meter: "E1/空压 #1", source: null, area: null, days: 14, view: null, month: null, by: null, show: null, day: null, subjects: [], adding: false, wall: false, entering: false, language: "zh", theme: null },
  { page: "meters", meter: null, source: null, area: null, days: 14, view: null, month: null, by: null, show: null, day: null, subjects: [], adding: true, wall: false, entering: false, language: "en", theme: null },
  { page: "carbon", meter: null, source: null, area: null, days: 31, view: null, month: null, by: null, show: null, day: null, subjects: [], adding: false, wall: false, entering: false, language: "en", theme: "light" },
  { page: "collectors", meter: null, source: "line/1", area: null, days: 14, view: null, month: null, by: null, show: null, day: null, subjects: [], adding: false, wall: false, entering: false, language: "zh", theme: null },
  { page: "alerts", meter: null, source: null, area: null, days: 14, view: null, month: null, by: null, show: null, day: null, subjects: [], adding: false, wall: false, entering: false, language: "zh", theme: "dark" },
  { page: "cost", meter: null, source: null, area: "E1", days: 14, view: "demand", month: "2026-10", by: "area", show: "co2", day: null, subjects: [], adding: false, wall: false, entering: false, language: "en", theme: null },
  { page: "energy", meter: null, source: null, area: null, days: 31, view: "profile", month: null, by: "year", show: null, day: "2026-11-20", subjects: ["E1", "泵 1"], adding: false, wall: false, entering: false, language: "en", theme: null },
] satisfies Route[])("an address keeps the whole view: $page", (route) => expect(at(href(route))).toEqual(route));

it("what an address should not say is passed over", () => {
  expect(at("/nowhere?lang=xx&theme=pink&days=999&month=2026-13")).toMatchObject({ month: null, page: "live", language: "en", theme: null, days: 14 });
});

it("the first view of a page has the page's own address", () => {
  expect(href(at("/cost/bill?lang=en"))).toBe("/cost?lang=en");
  expect(at("/cost/nowhere?lang=en").view).toBeNull();
});
