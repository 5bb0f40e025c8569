import { describe, expect, it } from "vitest";
import type { EnergyReport, ReadingRun } from "../src/api.ts";
import { drawn, flowOf, minutes, quarters, spread } from "../src/meters/course.ts";

const span = { from: Date.parse("2026-11-22T00:00:00+08:00"), to: Date.parse("2026-11-23T00:00:00+08:00") };
const series = (quantity: string, values: (number | null)[], estimated = values.map(() => false)) => ({
  key: "M", name: { en: "", zh: "" }, quantity, carrier: "", unit: "", values, coverage: [], estimated,
});
const report = (...all: ReturnType<typeof series>[]): EnergyReport => ({
  from: "", to: "", step: "15min", by: "meter", zone: "Asia/Shanghai",
  times: ["2026-11-22T00:00:00+08:00", "2026-11-22T00:15:00+08:00", "2026-11-22T00:30:00+08:00"],
  series: all,
});

describe("a meter's quarter hours", () => {
  it("are four times the energy, without what was fed out; other quantities stay out", () => {
    const energy = report(series("energy_import", [25, 0, null]), series("energy_export", [0, 10, null]), series("reactive_import", [7, 7, 7]));
    expect(quarters(energy, flowOf("electricity"), span).measured.slice(0, 3)).toEqual([100, -40, null]);
  });

  it("keep estimates apart", () => {
    const line = quarters(report(series("water_volume", [1, 2, null], [false, true, false])), flowOf("water"), span);
    expect([line.measured.slice(0, 3), line.estimated.slice(0, 3)]).toEqual([[4, null, null], [null, 8, null]]);
  });

  it("turn heat into the power that its gauge shows", () => {
    expect(quarters(report(series("cooling_energy", [0.9])), flowOf("cooling"), span).measured[0]).toBeCloseTo(1000, 9);
  });

  it("take one gas volume, not the same gas at two conditions", () => {
    const gas = report(series("gas_volume", [5, 5, 5]), series("gas_volume_20c", [10, 10, 10]));
    expect(drawn(gas.series, flowOf("gas")).map((one) => one.quantity)).toEqual(["gas_volume_20c"]);
  });

  it("are none for what no flow is known of", () => {
    expect(quarters(report(series("energy_import", [25])), flowOf("ambient"), span).measured[0]).toBeNull();
  });
});

it("minutes stand at their place in the day, and what was not read is a gap", () => {
  const run: ReadingRun = {
    meter: "M", from: "", to: "", step: "1min", more: false, next: null, times: ["2026-11-22T00:02:00+08:00", "2026-11-21T23:59:00+08:00"],
    quantities: { gas_flow: { unit: "m3/h", values: [12, 99] } },
  };
  const line = minutes(run, "gas_flow", span);
  expect([line.length, ...line.slice(0, 4)]).toEqual([1440, null, null, 12, null]);
  expect(minutes(run, "water_flow", span).every((value) => value === null)).toBe(true);
});

it("a quarter hour covers its fifteen minutes", () => {
  const wide = spread([1, null], 31);
  expect([wide.length, wide[14], wide[15], wide[30]]).toEqual([31, 1, null, null]);
});
