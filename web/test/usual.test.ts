import { describe, expect, it } from "vitest";
import type { Series } from "../src/api.ts";
import { buysAlone, deviationOf, deviationText } from "../src/live/deviation.ts";
import { meansOf } from "../src/live/usual.ts";

const week = (key: string, kwh: number | null, coverage = 1): { series: Series[] } => ({
  series: [{ key, name: { en: "", zh: "" }, quantity: "energy_import", carrier: "electricity", unit: "kWh", values: [kwh], coverage: [coverage], estimated: [false] }],
});

describe("the usual load", () => {
  it("is the mean power of the quarter hours that were measured", () => {
    expect(meansOf([week("A", 10), week("A", 20), week("A", 900, 0.5), week("A", null)]).get("A")).toBe(60);
  });

  it("is not known from one week alone", () => {
    expect(meansOf([week("A", 10), week("A", null)]).has("A")).toBe(false);
  });
});

describe("a deviation", () => {
  const said = (kw: number, usual: number): string => {
    const found = deviationOf(kw, usual);
    return found ? `${deviationText(found)}${found.noted ? " !" : ""}` : "";
  };

  it("is a share with its sign, noted where share and power are large", () => {
    expect([said(112, 100), said(60, 100), said(100.1, 100), said(140, 100), said(4, 2)]).toEqual(["+12 %", "\u221240 % !", "±0 %", "+40 % !", "+100 %"]);
  });

  it("is a power where the usual load is next to nothing", () => {
    expect([said(42, 0.1), said(0.2, 0), said(500, 1)]).toEqual(["+41.9 kW !", "±0 %", "> +999 % !"]);
  });

  it("is unknown where either is", () => {
    expect([deviationOf(null, 3), deviationOf(3, undefined)]).toEqual([null, null]);
  });
});

it("is said of what is bought where an area uses something of its own", () => {
  const said = (power_kw: number | null, import_kw: number | null): boolean => buysAlone({ power_kw, import_kw });
  expect([said(31.2, -2), said(100, 99.5), said(0, 0), said(null, 3), said(5, null)]).toEqual([false, true, true, false, false]);
});
