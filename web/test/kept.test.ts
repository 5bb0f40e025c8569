import { expect, it, vi } from "vitest";
import { kept } from "../src/parts/kept.ts";

it("makes anew only when a value differs", () => {
  const make = vi.fn((a: object, b: number) => ({ a, b }));
  const made = kept(make);
  const same = {};
  expect(made(same, 1)).toBe(made(same, 1));
  expect(made({}, 1)).not.toBe(made(same, 2));
  expect(make).toHaveBeenCalledTimes(3);
});
