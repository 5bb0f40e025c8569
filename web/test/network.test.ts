import { describe, expect, it } from "vitest";
import type { Area, Meter, MeterLive } from "../src/api.ts";
import { layoutOf } from "../src/live/layout.ts";
import { networkOf } from "../src/live/network.ts";
import { ranked } from "../src/live/ranked.ts";

const name = { en: "", zh: "" };
const area = (code: string, kind: Area["kind"]): Area => ({ code, kind, parent: kind === "park" ? null : "P", name });
const meter = (code: string, role: Meter["role"], parent: string | null, enterprise: string | null, carrier = "electricity"): Meter => ({
  code, name, area: enterprise ?? "P", enterprise, parent, role, carrier, source: "s", device: null, multiplier: 1, rated_kw: null,
  state: "live", last_reading: null, formula: null,
});
const areas = [area("P", "park"), area("E1", "enterprise"), area("E2", "enterprise"), { ...area("W", "workshop"), parent: "E1" }];
const meters = [
  meter("IN", "boundary", null, null),
  meter("T1", "load", "IN", null),
  meter("T2", "check", "IN", null),
  meter("AUX", "load", "IN", null),
  meter("E1.M", "boundary", "T2", "E1"),
  meter("E1.N", "boundary", "T2", "E1"),
  meter("E2.M", "boundary", "T1", "E2"),
  meter("E1.C", "load", "E1.M", "E1"),
  meter("E1.PV", "generation", "E1.M", "E1"),
  meter("PV", "generation", "IN", null),
  meter("E1.X", "check", "E1.M", "E1"),
  meter("GAS", "boundary", null, null, "gas"),
];

describe("one-line diagram", () => {
  const network = networkOf(areas, meters);
  const ends = network.links.map((link) => `${link.from}>${link.to}`);

  it("leads from the grid through the transformers to the enterprises", () => {
    expect(ends).toEqual(expect.arrayContaining(["grid>IN", "IN>T1", "IN>T2", "T2>E1", "T1>E2"]));
  });

  it("joins two doors of one enterprise", () => {
    expect(network.links.find((link) => link.to === "E1" && link.of === "import")?.meters).toEqual(["E1.M", "E1.N"]);
  });

  it("shows generation where it feeds in", () => {
    expect(network.links.filter((link) => link.of === "generation").map((link) => `${link.from}>${link.to}`)).toEqual(["generation:E1>E1", "generation:>IN"]);
  });

  it("shows a storage with the enterprise that has it, spread apart from its generation", () => {
    const battery = meter("E1.BAT", "load", "E1.M", "E1");
    const stored = networkOf(areas, [...meters, battery], [{ code: "BAT", meter: "E1.BAT", name }]);
    expect(stored.links.filter((link) => link.of === "storage")).toEqual([{ from: "storage:E1", to: "E1", meters: ["E1.BAT"], of: "storage" }]);
    const { boxes } = layoutOf(stored, 860);
    const [pv, bat] = [boxes.get("generation:E1"), boxes.get("storage:E1")];
    expect(pv && bat && pv.y + pv.height <= bat.y).toBe(true);
  });

  it("leaves out what is no way of power to an enterprise", () => {
    expect(network.nodes.map((node) => node.id)).not.toEqual(expect.arrayContaining(["AUX"]));
    expect(network.links.flatMap((link) => link.meters)).not.toContain("GAS");
    expect(network.links.flatMap((link) => link.meters)).not.toContain("E1.X");
  });

  it("orders enterprises by their transformer, so that lines need not cross", () => {
    expect(network.nodes.filter((node) => node.kind === "area").map((node) => node.code)).toEqual(["E2", "E1"]);
  });

  it("hangs an enterprise on the grid when nothing is known above it", () => {
    expect(networkOf(areas, [meter("E1.M", "boundary", null, "E1")]).links).toEqual([
      { from: "grid", to: "E1", meters: ["E1.M"], of: "import" },
    ]);
  });

  it("shows the park's own services beside the enterprises", () => {
    const own = [...areas, { ...area("C", "workshop"), parent: "P" }];
    const feeder = { ...meter("C.M", "boundary", "T1", null), area: "C" };
    expect(networkOf(own, [...meters, feeder]).links.map((link) => `${link.from}>${link.to}`)).toContain("T1>C");
  });

  it("keeps a workshop's door inside its enterprise", () => {
    const inner = { ...meter("E1.W", "boundary", "E1.M", "E1"), area: "W" };
    expect(networkOf(areas, [...meters, inner]).links.map((link) => link.to)).not.toContain("W");
  });

  it("survives meters that are upstream of each other", () => {
    expect(networkOf(areas, [meter("A", "boundary", "B", "E1"), meter("B", "load", "A", null)]).links.length).toBeGreaterThan(0);
  });

  it("keeps every box inside and apart", () => {
    const { boxes, height } = layoutOf(network, 860);
    const all = [...boxes.values()];
    for (const box of all) expect(box.x >= 0 && box.x + box.width <= 860.01 && box.y >= -0.01 && box.y + box.height <= height + 0.01).toBe(true);
    const overlap = all.some((a, i) => all.some((b, j) => i < j && a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height));
    expect(overlap).toBe(false);
  });
});

describe("largest loads", () => {
  const live = (code: string, power: number | null, state: MeterLive["state"] = "live"): [string, MeterLive] => [
    code, { meter: code, time: null, age_s: null, state, power_kw: power, co2_kg_per_h: null, values: {} },
  ];
  const all = new Map(meters.map((one) => [one.code, one]));
  const powers = new Map([live("E1.C", 30), live("E1.N", 60), live("E2.M", 10, "stale"), live("E1.M", 200), live("AUX", null)]);
  const order = {
    area: null, column: "power", descending: true, name: (one: Meter) => one.code, part: (one: Meter) => one.enterprise ?? "",
    owner: (one: Meter) => one.enterprise ?? "",
    locale: "en",
  } as const;

  it("are the ends of the tree that show power, largest first", () => {
    expect(ranked(all, powers, order).map((row) => row.meter.code)).toEqual(["E1.N", "E1.C", "E2.M"]);
  });

  it("share what is not stale", () => {
    expect(ranked(all, powers, order)[0]?.share).toBeCloseTo(60 / 90);
  });

  it("are sorted by how far they are from their usual load, the unknown last", () => {
    const usual = new Map([["E1.C", 10], ["E1.N", 70]]);
    expect(ranked(all, powers, { ...order, column: "deviation", usual }).map((row) => row.meter.code)).toEqual(["E1.C", "E1.N", "E2.M"]);
  });

  it("are sorted by name the other way round", () => {
    const rows = ranked(all, powers, { ...order, column: "name", descending: false });
    expect(rows.map((row) => row.meter.code)).toEqual(["E1.C", "E1.N", "E2.M"]);
  });

  it("are those of the chosen enterprise", () => {
    expect(ranked(all, powers, { ...order, area: "E2" }).map((row) => row.meter.code)).toEqual(["E2.M"]);
  });
});
