import { describe, expect, it } from "vitest";
import type { Pool, PoolRow } from "../src/energy/answers.ts";
import { flowOf, summed } from "../src/energy/links.ts";

const name = { en: "", zh: "" };
const row = (meter: string, part: PoolRow["part"], value: number, more: Partial<PoolRow> = {}): PoolRow => ({
  meter, name, part, inwards: ["bought", "generated", "received"].includes(part), other: null, converter: null, values: [value], carried: { CO2: [value / 2] }, ...more,
});
const pool = (area: string, rest: number, rows: PoolRow[]): Pool => ({
  area, name, carrier: "electricity", quantity: "energy_import", unit: "kWh", entered: [100], rate: {}, rest: [rest], rest_carried: { CO2: [rest / 2] },
  known: [1], self_consumption: [null], self_sufficiency: [0], rows,
});
const pools = [
  pool("PARK", 10, [row("P-0", "bought", 100), row("E-0", "sent", 90, { other: "E" })]),
  pool("E", -5, [row("E-0", "received", 90, { other: "PARK" }), row("E-1", "used", 55), row("E-2", "taken", 40, { converter: "AIR" })]),
];
const told = (flow: ReturnType<typeof flowOf>): string[] => flow.links.map((one) => `${one.from} > ${one.to} ${one.value}`);

it("sums leave out what is not known, and nothing known is not zero", () => {
  expect([summed([1, null, 2]), summed([null]), summed(undefined)]).toEqual([3, null, null]);
});

describe("a flow", () => {
  it("ends at the areas that are not drawn as pools, with what nobody metered", () => {
    expect(told(flowOf(pools, "amount", (area) => area === "PARK"))).toEqual([
      "bought:electricity > pool:PARK:electricity 100", "pool:PARK:electricity > area:E 90", "pool:PARK:electricity > rest 10",
    ]);
  });

  it("draws a link between two pools once, and says where more left than entered", () => {
    const flow = flowOf(pools, "amount", () => true);
    expect(told(flow).filter((one) => one.includes("pool:PARK:electricity > pool:E"))).toEqual(["pool:PARK:electricity > pool:E:electricity 90"]);
    expect(flow.over).toEqual([{ area: "E", carrier: "electricity", value: 5 }]);
    expect(told(flow)).toContain("pool:E:electricity > converter:AIR 40");
  });

  it("in CO2 weighs each link by what it carries", () => {
    expect(flowOf(pools, "co2", (area) => area === "PARK").links.map((one) => one.value)).toEqual([50, 45, 5]);
  });
});
