import { expect, test } from "vitest";
import { conditionsOf, kindOf, placesOf, type Known } from "../src/alerts/conditions.ts";
import type { Document } from "../src/alerts/documents.ts";
import type { Meter, Site } from "../src/api.ts";

const site = {
  quantities: { active_power: { name: { en: "Active power", zh: "有功功率" }, unit: "kW" }, energy_import: { name: { en: "Energy in", zh: "电量" }, unit: "kWh" } },
  areas: [{ code: "W1", name: { en: "Shop <b>1</b>", zh: "一车间" } }],
  tariff: { bands: [{ code: "peak", name: { en: "Peak", zh: "峰" } }] },
} as unknown as Site;
const meters = new Map([["P-1", { name: { en: "Incomer", zh: "进线" } } as Meter]]);
const known = (language: "en" | "zh"): Known => ({ site, meters, language });
const rule = (fields: object): Document => ({ code: "c", name: { en: "n", zh: "n" }, kind: "limit", ...fields });

test("a limit is told with its units, and what is nothing is left out", () => {
  const document = rule({ quantity: "active_power", above: "6300 kW", below: null, hysteresis: "200 kW", hold: "600 s", clear: "60 s" });
  expect(conditionsOf(document, known("en"))).toEqual([["", "Active power"], ["Above", "6\u202f300 kW"], ["Over once back by", "200 kW"], ["Holds for", "10 min"]]);
  expect(conditionsOf(rule({ hold: "0 s", hysteresis: null, bands: [] }), known("zh"))).toEqual([]);
});

test("a share reads as percent, a power factor as it is", () => {
  expect(conditionsOf(rule({ kind: "unbalance", above: 0.25 }), known("en"))).toEqual([["Above", "25 %"]]);
  expect(conditionsOf(rule({ kind: "power_factor", below: 0.9 }), known("en"))).toEqual([["Below", "0.9"]]);
  expect(conditionsOf(rule({ kind: "demand", stages: [0.8, 1] }), known("zh"))).toEqual([["合同需量的各级", "80 %、100 %"]]);
});

test("hours, days and bands have the reader's words", () => {
  const document = rule({ kind: "base_load", begins: "22:00:00", rest_days: ["sat", "sun"], bands: ["peak"] });
  expect(conditionsOf(document, known("en"))).toEqual([["From", "22:00"], ["Rest days", "Sat, Sun"], ["Bands", "Peak"]]);
});

test("a rule as it was posted reads as it was written", () => {
  expect(conditionsOf(rule({ hold: "5 min", stages: ["80 %"], above: "400kW" }), known("en"))).toEqual([["Above", "400kW"], ["Stages of the contract", "80 %"], ["Holds for", "5 min"]]);
});

test("a rule about data tells what its own sign turns on", () => {
  const document = rule({ kind: "data_quality", sign: "reset", counter: "energy_import", gap: "600 s", hold: "60 s" });
  expect(conditionsOf(document, known("en"))).toEqual([["Counter", "Energy in"], ["Holds for", "60 s"]]);
  expect([kindOf(document, "en"), kindOf(document, "zh"), kindOf(rule({}), "zh")]).toEqual(["Counter falls back", "计数倒退", "限值"]);
});

test("places go by their names", () => {
  const where = { meters: ["P-1", "gone"], areas: ["W1"], sources: ["hall"], carriers: ["gas"], roles: ["load"] };
  expect(placesOf(rule({ where }), known("en"))).toEqual(["Incomer", "gone", "Shop <b>1</b>", "hall", "Natural gas", "load"]);
  expect(placesOf(rule({}), known("zh"))).toEqual([]);
});
