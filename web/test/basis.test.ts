import { expect, it } from "vitest";
import type { Inventory } from "../src/api.ts";
import { bases, massOf } from "../src/reports/basis.ts";

const market = { kg: { CO2: 40 }, served: {}, certificates: [], shortfalls: [] };
const line = (name: string, flow: string, kg: Record<string, number | null>) => ({ name, flow, kg, scope: "2" });
const inventory = (lines: unknown[], rest: unknown = market): Inventory => ({ lines, market: rest }) as Inventory;

it("adds up what was bought, from meters and from documents", () => {
  const lines = [line("energy_import", "bought", { CO2: 100 }), line("electricity", "bought", { CO2: 5 })];
  expect(bases(inventory([...lines, line("heat", "bought", { CO2: 7 }), line("energy_import", "sold", { CO2: 9 })]))).toEqual({
    location: 105,
    market: 40,
  });
});

it("knows nothing rather than zero", () => {
  const none = bases(inventory([line("energy_import", "bought", { CO2: null })], { ...market, kg: {} }));
  expect(none).toEqual({ location: null, market: null });
  expect(massOf(none.location, { unit: "kg", divisor: 1 })).toBe("\u2013");
});
