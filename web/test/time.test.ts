import { expect, it } from "vitest";
import { instantOf, iso } from "../src/time.ts";

it.each([
  ["2026-11-22 14:05", "Asia/Shanghai", "2026-11-22T06:05:00Z"],
  ["2026-11-22T14:05", "Asia/Shanghai", "2026-11-22T06:05:00Z"],
  ["2026-07-01T00:30:15", "Europe/Berlin", "2026-06-30T22:30:15Z"],
  ["2026-10-25T12:00", "Europe/Berlin", "2026-10-25T11:00:00Z"],
])("%s in %s is %s", (shown, zone, utc) => expect(iso(instantOf(shown, zone))).toBe(utc));
