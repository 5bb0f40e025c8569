import { describe, expect, it } from "vitest";
import type { EnergyReport } from "../src/api.ts";
import { dayLine, daySpan } from "../src/live/days.ts";
import { pathOf } from "../src/parts/spark.ts";
import { clock, day, keepClock, moment, startOfDay } from "../src/time.ts";

const SHANGHAI = "Asia/Shanghai";
const BERLIN = "Europe/Berlin";

describe("the park's clock", () => {
  const at = Date.parse("2026-11-22T16:30:05Z");

  it("is not the browser's", () => {
    expect([clock(at, SHANGHAI), day(at, SHANGHAI), moment(at, BERLIN)]).toEqual(["00:30", "2026-11-23", "2026-11-22 17:30:05"]);
  });

  it("is the same whether the service told it or the browser knows it", () => {
    const times = [at - 400 * 86_400_000, at, at + 86_400_000, at + 400 * 86_400_000];
    const own = times.map((one) => moment(one, BERLIN));
    keepClock(BERLIN, { from: "2026-10-26T00:00:00Z", to: "2027-03-28T00:00:00Z", ahead_s: 3600 });
    expect(times.map((one) => moment(one, BERLIN))).toEqual(own);
    keepClock(BERLIN, { from: "2026-10-26T00:00:00Z", to: "2027-03-28T00:00:00Z", ahead_s: 0 });
    expect(moment(at, BERLIN)).toBe("2026-11-22 16:30:05");
    keepClock(BERLIN, { from: "2026-10-26T00:00:00Z", to: "2026-10-26T00:00:00Z", ahead_s: 0 });
  });

  it("begins days at its own midnight", () => {
    expect(startOfDay(at, SHANGHAI)).toBe(Date.parse("2026-11-23T00:00:00+08:00"));
    expect(startOfDay(at, SHANGHAI, -7)).toBe(Date.parse("2026-11-16T00:00:00+08:00"));
  });

  it.each([
    ["2026-03-29T12:00:00Z", 23],
    ["2026-10-25T12:00:00Z", 25],
  ])("knows that %s lies in a day of %d hours", (text, hours) => {
    const span = daySpan(Date.parse(text), BERLIN, 0);
    expect((span.to - span.from) / 3_600_000).toBe(hours);
  });
});

describe("a day's line", () => {
  const span = { from: Date.parse("2026-11-22T00:00:00+08:00"), to: Date.parse("2026-11-23T00:00:00+08:00") };
  const series = (values: (number | null)[], estimated: boolean[]) => ({
    key: "P", name: { en: "", zh: "" }, quantity: "energy_import", carrier: "electricity", unit: "kWh", values, coverage: [], estimated,
  });
  const report = (all: ReturnType<typeof series>[]): EnergyReport => ({
    from: "", to: "", step: "15min", by: "area", zone: SHANGHAI,
    times: ["2026-11-22T00:00:00+08:00", "2026-11-22T00:15:00+08:00", "2026-11-22T00:30:00+08:00"],
    series: all,
  });

  it("is mean power; an estimate stands apart and a gap stays a gap", () => {
    const line = dayLine(report([series([25, 50, null], [false, true, false])]), span);
    expect(line.measured.slice(0, 4)).toEqual([100, null, null, null]);
    expect(line.estimated.slice(0, 4)).toEqual([null, 200, null, null]);
    expect(line.measured.length).toBe(96);
  });

  it("counts a sum with a missing part as estimated", () => {
    const line = dayLine(report([series([25, 1, 1], [false, false, false]), series([null, 1, 1], [false, false, false])]), span);
    expect([line.measured[0], line.estimated[0], line.measured[1]]).toEqual([null, 100, 8]);
  });
});

it("a sparkline breaks where nothing is known", () => {
  const points = [{ at: 0, kw: 1 }, { at: 60_000, kw: 2 }, { at: 600_000, kw: 1 }, { at: 660_000, kw: null }];
  expect(pathOf(points, 3_600_000).match(/[ML]/g)).toEqual(["M", "L", "M"]);
});
