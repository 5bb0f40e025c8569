import { describe, expect, it } from "vitest";
import type { Series } from "../src/api.ts";
import { dailyBars, sum, tokenOf } from "../src/reports/bars.ts";
import { keysOf, namedOf, running, stacksOf } from "../src/reports/stacks.ts";

const series = (key: string, values: (number | null)[], coverage = values.map(() => 1), estimated = values.map(() => false)): Series => ({
  key, name: { en: key, zh: key }, quantity: "energy_import", carrier: "electricity", unit: "kWh", values, coverage, estimated,
});

describe("stacks", () => {
  it("put the largest first and add what shares a key", () => {
    expect(keysOf([series("a", [1]), series("b", [5]), series("a", [7])]).map((one) => [one.key, one.total])).toEqual([["a", 8], ["b", 5]]);
  });

  it("name seven and gather the rest", () => {
    const all = Array.from({ length: 10 }, (_, i) => series(`k${i}`, [10 - i]));
    const named = namedOf(keysOf(all));
    const [stack] = stacksOf(["d"], all, named);
    expect([named.length, stack?.parts.length, stack?.parts[7]]).toEqual([7, 8, 3 + 2 + 1]);
  });

  it("keep a day without data apart from a day of zero", () => {
    const stacks = stacksOf(["x", "y"], [series("a", [null, 0])], keysOf([series("a", [null, 0])]));
    expect(stacks.map((stack) => sum(stack.parts))).toEqual([null, 0]);
    expect(stacks.map((stack) => stack.coverage)).toEqual([null, 1]);
  });

  it("mark a day as estimated when any part is", () => {
    const all = [series("a", [1]), series("b", [1], [0.5], [true])];
    expect(stacksOf(["d"], all, keysOf(all))[0]).toMatchObject({ estimated: true, coverage: 0.75 });
  });
});

describe("a day that runs", () => {
  const noon = 12 * 3_600_000;
  const day = { from: 0, to: 2 * noon };
  const stack = { label: "d", parts: [10], coverage: 0.5, estimated: true };

  it("is whole when all that could be settled was measured", () => {
    expect(running(stack, day, noon + 30_000)).toMatchObject({ coverage: 1, estimated: false, running: true });
  });

  it("is estimated when part of what passed was not measured", () => {
    expect(running({ ...stack, coverage: 0.25 }, day, noon + 30_000)).toMatchObject({ coverage: 0.5, estimated: true });
  });

  it("says nothing of coverage before its first quarter hour", () => {
    expect(running({ ...stack, coverage: 0 }, day, 60_000).coverage).toBeNull();
  });

  it("is left alone when it has ended", () => expect(running(stack, day, 2 * noon)).toBe(stack));
});

describe("daily bars", () => {
  const keys = [{ name: "A", token: tokenOf(0) }, { name: "Others", token: tokenOf(-1) }];
  const stack = { label: "2026-11-22", parts: [2000, null], coverage: 1, estimated: true };
  const series = (shown: (key: number) => boolean) =>
    (dailyBars([stack], keys, { unit: "MWh", divisor: 1000 })((token) => token, 900, shown) as { series: { name: string; data: { value: number | null; itemStyle?: object }[] }[] }).series;

  it("leave open what is not known, and hatch what was estimated", () => {
    const [a, others] = series(() => true);
    expect([a?.data[0]?.value, others?.data[0]?.value]).toEqual([2, null]);
    expect(a?.data[0]?.itemStyle).toHaveProperty("decal");
  });

  it("are without what the legend hides", () => {
    expect(series((key) => key === 1).map((one) => one.name)).toEqual(["Others"]);
  });
});
