import { expect, it } from "vitest";
import { heldBy } from "../src/areas.ts";
import type { Area } from "../src/api.ts";

const area = (code: string, parent: string | null): Area => ({ code, parent, kind: "workshop", name: { en: code, zh: code } });
const areas = [area("park", null), area("E", "park"), area("hall", "E"), area("F", "park")];

it("finds whose contract an area is under, itself or the nearest above", () => {
  expect(heldBy(areas, "hall", ["E"])).toBe("E");
  expect(heldBy(areas, "E", ["E"])).toBe("E");
  expect([heldBy(areas, "F", ["E"]), heldBy(areas, "park", ["E"]), heldBy(areas, null, ["E"])]).toEqual([null, null, null]);
});
