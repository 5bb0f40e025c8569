import { expect, it } from "vitest";
import { sumOf } from "../src/live/sums.ts";

it("sums what is known, and knows nothing of nothing", () => {
  expect(sumOf([{ values: [1, null], estimated: [false, true] }, { values: [2, 3], estimated: [false, false] }])).toEqual({ value: 6, estimated: false });
  expect(sumOf([{ values: [4], estimated: [true] }]).estimated).toBe(true);
  expect(sumOf([{ values: [null], estimated: [false] }]).value).toBe(null);
});
