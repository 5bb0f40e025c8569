import { expect, it } from "vitest";
import { daysBefore, instantOf, iso } from "../src/time.ts";

it.each([
  ["2026-11-22 14:05", "Asia/Shanghai", "2026-11-22T06:05:00Z"],
  ["2026-11-22T14:05", "Asia/Shanghai", "2026-11-22T06:05:00Z"],
  ["2026-07-01T00:30:15", "Europe/Berlin", "2026-06-30T22:30:15Z"],
  ["2026-10-25T12:00", "Europe/Berlin", "2026-10-25T11:00:00Z"],
])("%s in %s is %s", (shown, zone, utc) => expect(iso(instantOf(shown, zone))).toBe(utc));

it.each([
  ["2026-11-22T06:05:00Z", "Asia/Shanghai", "2026-11-15T06:05:00Z"],
  ["2026-10-29T05:00:00Z", "Europe/Berlin", "2026-10-22T04:00:00Z"],
  ["2026-04-02T04:15:00Z", "Europe/Berlin", "2026-03-26T05:15:00Z"],
])("a week before %s the clock in %s showed the same at %s", (at, zone, before) => expect(iso(daysBefore(Date.parse(at), zone, 7))).toBe(before));
