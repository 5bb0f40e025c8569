import { expect, it } from "vitest";
import type { BillLine } from "../src/cost/answers.ts";
import type { ValueAxis } from "../src/parts/value-axis.ts";
import { shifted } from "../src/cost/days.ts";
import { stepsOf, waterfall } from "../src/cost/waterfall.ts";

const line = (kind: BillLine["kind"], amount: string | null, code = "") => ({
  kind, code, amount, label: kind, name: { en: kind, zh: kind }, quantity: null, unit: "", price: null, source: "", provisional: false, reasons: [],
});

it("each line begins where the one before it ended, and the last bar is their sum", () => {
  const steps = stepsOf([line("energy", "100.00", "deep_valley"), line("power_factor", "-10.50"), line("fund", null), line("demand", "20.00")], "Total");
  expect(steps.map(({ from, to, amount }) => [from, to, amount])).toEqual([
    [0, 100, 100], [100, 89.5, -10.5], [89.5, 89.5, null], [89.5, 109.5, 20], [0, 109.5, 109.5],
  ]);
  expect(steps[0]?.token).toBe("band-deep-valley");
});

it.each([["2026-01", -1, "2025-12"], ["2026-12", 1, "2027-01"], ["2026-11", -24, "2024-11"]])("%s shifted by %d is %s", (month, by, expected) => {
  expect(shifted(month, by)).toBe(expected);
});

it("its axis has whole amounts and names their currency", () => {
  const { xAxis } = waterfall([], "CNY", "–")((token) => token, 1200, () => true) as { xAxis: ValueAxis };
  expect([xAxis.name, xAxis.axisLabel.formatter(1_500_000)]).toEqual(["CNY", "1\u202f500\u202f000"]);
});
