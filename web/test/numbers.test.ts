import { describe, expect, it } from "vitest";
import { brief, coverage, exact, fixed, NONE, percent, scaleFor, three, unitText } from "../src/numbers.ts";

describe("three significant digits", () => {
  it.each([
    [4823.2, "4\u202f820"],
    [4.8232, "4.82"],
    [99.96, "100"],
    [0.0955, "0.0955"],
    [0.000_012, "0.0000"],
    [-12.34, "\u221212.3"],
    [-0.000_001, "0.0000"],
    [1_234_567, "1\u202f230\u202f000"],
    [0, "0"],
  ])("%f is %s", (value, text) => expect(three(value)).toBe(text));

  it.each([null, undefined, Number.NaN])("%s is no data, never 0", (value) => {
    expect(three(value)).toBe(NONE);
    expect(exact(value)).toBe(NONE);
    expect(percent(value)).toBe(NONE);
    expect(coverage(value)).toBe(NONE);
  });
});

describe("exact figures", () => {
  it.each([
    [127_556.742_953, "127\u202f556.742953"],
    [0.1 + 0.2, "0.3"],
    [1e-9, "0.000000001"],
    [-5, "\u22125"],
  ])("%f is %s", (value, text) => expect(exact(value)).toBe(text));

  it.each([
    [246_988.378_906, "246\u202f988.379"],
    [3277.055_209_01, "3\u202f277.055"],
    [49.98, "49.98"],
    [0.000_123_45, "0.000123"],
    [0, "0"],
    [null, NONE],
  ])("%f is briefly %s", (value, text) => expect(brief(value)).toBe(text));

  it("prints a price with the decimals of its table", () => expect(fixed(0.63, 4)).toBe("0.6300"));
});

describe("SI scaling", () => {
  it.each([
    ["kW", [999, null], "kW"],
    ["kW", [-1000], "MW"],
    ["kWh", [2.5e6, 3], "GWh"],
    ["kg", [1500], "t"],
    ["kg/h", [2130], "t/h"],
    ["kW", [1e12], "GW"],
    ["m3/h", [1e9], "m3/h"],
  ])("%s of %j reads in %s", (unit, values, scaled) => expect(scaleFor(unit, values).unit).toBe(scaled));

  it("a table keeps one scale a decade longer", () => expect(scaleFor("kW", [9999, 3], 10_000).unit).toBe("kW"));

  it("nothing known keeps the base unit", () => expect(scaleFor("kW", [null])).toEqual({ unit: "kW", divisor: 1, decimals: 2 }));

  it("writes units as people do", () => expect([unitText("m3/h"), unitText("1"), unitText("kW")]).toEqual(["m³/h", "", "kW"]));
  it("writes units of factors as people do", () => expect(["kgCO2/kWh", "tCO2/GJ", "tCO2/1e4Nm3", "t CO2", "kg CO2e", "gCO2/km"].map(unitText)).toEqual(["kg CO₂/kWh", "t CO₂/GJ", "t CO₂/10⁴ Nm³", "t CO₂", "kg CO₂e", "g CO₂/km"]));
});

it("coverage rounds down: 99.96 % measured is not all of it", () => {
  expect([coverage(0.9999), coverage(1), coverage(0.29), coverage(0.866)]).toEqual(["99.9", "100", "29", "86"]);
});
