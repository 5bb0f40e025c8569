import { expect, it } from "vitest";
import { three } from "../src/numbers.ts";
import { scaleOfRow, sumOf } from "../src/live/sums.ts";

it("sums what is known, and knows nothing of nothing", () => {
  expect(sumOf([{ values: [1, null], estimated: [false, true] }, { values: [2, 3], estimated: [false, false] }])).toEqual({ value: 6, estimated: false });
  expect(sumOf([{ values: [4], estimated: [true] }]).estimated).toBe(true);
  expect(sumOf([{ values: [null], estimated: [false] }]).value).toBe(null);
});

it("what a roof takes at night is nothing beside the power of the park", () => {
  const scale = scaleOfRow([2780, -0.06]);
  expect([2780, -0.06].map((kw) => `${three(kw / scale.divisor, scale.decimals)} ${scale.unit}`)).toEqual(["2.78 MW", "0.00 MW"]);
});
