import { describe, expect, it } from "vitest";
import type { Series } from "../src/api.ts";
import { durationOf, factsOf, quartersOf, stepsOf } from "../src/energy/lines.ts";

const START = Date.parse("2026-11-22T00:00:00+08:00");
const times = Array.from({ length: 6 }, (_, i) => new Date(START + i * 900_000).toISOString());
const series = (values: (number | null)[], estimated: boolean[] = []): Series => ({
  key: "E1", name: { en: "", zh: "" }, quantity: "energy_import", carrier: "electricity", unit: "kWh", values, coverage: [], estimated,
});
const quarters = quartersOf(times, series([10, 20, null, 5, 5, 99], [false, false, false, true, false, false]), START + 5 * 900_000);

it("amounts become mean power, and a quarter hour that runs is left out", () => {
  expect(quarters.map((one) => one.kw)).toEqual([40, 80, null, 20, 20]);
});

describe("a line", () => {
  it("is level over each quarter hour and open over a gap", () => {
    expect(stepsOf(quarters, START, false)).toEqual([[0, 40], [0.25, 40], [0.25, 80], [0.5, 80], [0.5, null], [1, 20], [1.25, 20], [1.25, null]]);
  });

  it("draws what is estimated apart", () => expect(stepsOf(quarters, START, true)).toEqual([[0.75, 20], [1, 20], [1, null]]));
});

it("durations fall, and leave out what is not known", () => {
  const curve = durationOf(quarters);
  expect([curve[0], curve[100], curve.length]).toEqual([80, 20, 101]);
  expect(durationOf([])).toEqual([]);
});

it("facts count a gap as not known, and let no estimate set the maximum", () => {
  expect(factsOf(quarters)).toEqual({ kwh: 40, mean: 40, most: 80, mostAt: START + 900_000, factor: 0.5, coverage: 3 / 5 });
  expect(factsOf(quartersOf(times, series([9, 1], [true, false]), START + 2 * 900_000)).most).toBe(4);
  expect(factsOf([]).kwh).toBeNull();
});
