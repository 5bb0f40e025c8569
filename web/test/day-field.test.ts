import { isMoment } from "../src/parts/moment-field.ts";
import { expect, it } from "vitest";
import { isDay } from "../src/parts/day-field.ts";

it.each([["2026-11-22", true], ["2026-02-29", false], ["2028-02-29", true], ["22/11/2026", false], ["2026-11-31", false], ["2026-12-01", false], ["", false]])(
  "%s is a day up to 2026-11-30: %s",
  (text, right) => expect(isDay(text, text === "2028-02-29" ? "2030-01-01" : "2026-11-30")).toBe(right),
);

it.each([
  ["2026-11-22 14:05", true], ["2026-11-22 14:05:30", true], ["2026-11-22T14:05", true],
  ["2026-11-22", false], ["11/22/2026 02:05 PM", false], ["2026-02-30 10:00", false], ["2026-11-22 24:00", false], ["2026-11-22 14:05 ", false],
])("%s is a moment: %s", (text, right) => expect(isMoment(text)).toBe(right));
