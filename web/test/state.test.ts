import { describe, expect, it } from "vitest";
import type { EnergyReport, MeterLive, Snapshot, Update } from "../src/api.ts";
import { fromSnapshot, withUpdate } from "../src/live/state.ts";
import { remembered, settledMeans, Trail } from "../src/live/trail.ts";

const row = (meter: string, power: number): MeterLive => ({
  meter, time: "2026-11-22T08:00:00+08:00", age_s: 1, state: "live", power_kw: power, co2_kg_per_h: null, values: {},
});
const snapshot: Snapshot = {
  time: "2026-11-22T08:00:00+08:00",
  epoch: "a",
  sequence: 7,
  park: { power_kw: 30, import_kw: 30, generation_kw: null, co2_kg_per_h: null, coverage: 1, co2_coverage: 1, contract_share: null, demand: null, band: null },
  areas: [{ area: "P", power_kw: 30, co2_kg_per_h: null, coverage: 1, co2_coverage: 1, generation_kw: null, import_kw: null }],
  meters: [row("A", 10), row("B", 20)],
  counts: { live: 2, late: 0, stale: 0, never: 0 },
};
const update = (sequence: number, change: Partial<Update> = {}): Update => {
  const { epoch: _, ...rest } = snapshot;
  return { ...rest, sequence, meters: [], ...change };
};

describe("live state", () => {
  it("begins with a snapshot", () => {
    const state = fromSnapshot(snapshot);
    expect(state.meters.get("B")?.power_kw).toBe(20);
    expect(state.time).toBe(Date.UTC(2026, 10, 22));
  });

  it("takes changed rows and keeps the others", () => {
    const state = withUpdate(fromSnapshot(snapshot), update(8, { meters: [row("A", 11)] }));
    expect([state?.meters.get("A")?.power_kw, state?.meters.get("B")?.power_kw, state?.sequence]).toEqual([11, 20, 8]);
  });

  it("leaves the earlier picture as it was", () => {
    const before = fromSnapshot(snapshot);
    withUpdate(before, update(8, { meters: [row("A", 11)] }));
    expect(before.meters.get("A")?.power_kw).toBe(10);
  });

  it.each([6, 7])("ignores a replayed update %d", (sequence) => {
    const state = fromSnapshot(snapshot);
    expect(withUpdate(state, update(sequence, { meters: [row("A", 99)] }))).toBe(state);
  });

  it("ignores an update before the first snapshot", () => expect(withUpdate(null, update(8))).toBeNull());

  it("a snapshot after a gap replaces everything", () => {
    const state = fromSnapshot({ ...snapshot, epoch: "b", sequence: 1, meters: [row("A", 5)] });
    expect([...state.meters.keys()]).toEqual(["A"]);
  });
});

describe("trail", () => {
  it("keeps one point a step, the newest", () => {
    const trail = new Trail();
    for (const [at, kw] of [[10_000, 1], [12_000, 2], [20_000, 3]] as const) trail.add("A", at, kw);
    expect(trail.points("A")).toEqual([{ at: 10_000, kw: 2 }, { at: 20_000, kw: 3 }]);
  });

  it("is bounded", () => {
    const trail = new Trail();
    for (let i = 0; i < 2000; i++) trail.add("A", i * 10_000, i);
    expect([trail.points("A").length, trail.points("A").at(-1)?.kw]).toEqual([361, 1999]);
  });

  it("puts remembered points before what was seen, and takes later memories in their place", () => {
    const trail = new Trail();
    trail.add("A", 60_000, 6);
    trail.recall("A", [{ at: 0, kw: 1 }, { at: 60_000, kw: 9 }]);
    trail.recall("A", [{ at: 0, kw: 2 }, { at: 60_000, kw: 9 }]);
    expect(trail.points("A").map((point) => point.kw)).toEqual([2, 6]);
  });
});

describe("what the service remembers of an hour", () => {
  const minutes = Array.from({ length: 30 }, (_, i) => new Date(i * 60_000).toISOString());
  const sparse = minutes.map((_, i) => (i === 0 || i >= 15 ? 100 + i : null));

  it("is the settled mean where few minutes were read, else the minutes", () => {
    const points = remembered(minutes, sparse, new Map([[0, 80], [900_000, 90]]));
    expect(points.slice(0, 15).map((point) => point.kw)).toEqual(new Array(15).fill(80));
    expect(points.slice(15).map((point) => point.kw)).toEqual(sparse.slice(15));
  });

  it("fills the minutes that were not read of a quarter hour that mostly was", () => {
    const late = minutes.map((_, i) => (i >= 10 ? 100 : null));
    expect(remembered(minutes, late, new Map([[0, 80]])).slice(8, 12).map((point) => point.kw)).toEqual([80, 80, 100, 100]);
  });

  it("stays a gap where nothing was settled", () => {
    expect(remembered(minutes, sparse, new Map()).map((point) => point.kw)).toEqual(sparse);
  });

  it("means are four times the energy of a quarter hour; nothing settled is no mean", () => {
    const series = { key: "A", name: { en: "", zh: "" }, quantity: "energy_import", carrier: "electricity", unit: "kWh", coverage: [], estimated: [] };
    const report: EnergyReport = { from: "", to: "", step: "15min", by: "meter", zone: "UTC", times: [minutes[0] ?? "", minutes[15] ?? ""], series: [{ ...series, values: [20, null] }] };
    expect([...(settledMeans(report).get("A") ?? [])]).toEqual([[0, 80]]);
  });
});
