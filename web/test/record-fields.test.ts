import { expect, test } from "vitest";
import { periodOf } from "../src/carbon/record-fields.ts";

test("a record's days are named as the month or year that they are, else by the first and the last", () => {
  const named = (from: string, to: string): string => periodOf({ from, to });
  expect(named("2026-05-01", "2026-05-31")).toBe("2026-05");
  expect(named("2028-02-01", "2028-02-29")).toBe("2028-02");
  expect(named("2027-02-01", "2027-02-27")).toBe("2027-02-01 – 2027-02-27");
  expect(named("2026-01-01", "2026-12-31")).toBe("2026");
  expect(named("2026-01-01", "2026-03-31")).toBe("2026-01-01 – 2026-03-31");
  expect(named("2026-05-07", "2026-05-07")).toBe("2026-05-07");
});
