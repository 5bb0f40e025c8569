import { expect, it } from "vitest";
import { heldBy, lookedAt, partsOf } from "../src/areas.ts";
import type { Area } from "../src/api.ts";

const area = (code: string, parent: string | null): Area => ({ code, parent, kind: "workshop", name: { en: code, zh: code } });
const areas = [area("park", null), area("E", "park"), area("hall", "E"), area("F", "park")];

it("finds whose contract an area is under, itself or the nearest above", () => {
  expect(heldBy(areas, "hall", ["E"])).toBe("E");
  expect(heldBy(areas, "E", ["E"])).toBe("E");
  expect([heldBy(areas, "F", ["E"]), heldBy(areas, "park", ["E"]), heldBy(areas, null, ["E"])]).toEqual([null, null, null]);
});

it("looks at the first own area where the park is not seen, and leaves the choice where it is", () => {
  const own = areas.filter((one) => one.code !== "park");
  expect([lookedAt(own, null), lookedAt(own, "F"), lookedAt(own, "park"), lookedAt([area("hall", "E")], null)]).toEqual(["E", "F", "E", "hall"]);
  expect(partsOf(own).map((one) => one.code)).toEqual(["E", "F"]);
  const whole: Area[] = [{ ...area("park", null), kind: "park" }, ...own];
  expect([lookedAt(whole, null), lookedAt(whole, "gone"), lookedAt([], null)]).toEqual([null, "gone", null]);
});
