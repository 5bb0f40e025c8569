import { afterEach, describe, expect, it, vi } from "vitest";
import { Recall } from "../src/live/recall.ts";
import { Trail } from "../src/live/trail.ts";

const NOW = Date.parse("2026-11-22T08:10:00Z");
const QUARTER_MS = 900_000;
const meters = (count: number): string[] => Array.from({ length: count }, (_, n) => `L${n}`);

function answering(status = 200): string[][] {
  const asked: string[][] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    const query = new URL(url, "http://localhost").searchParams;
    if (!url.includes("/load-profiles")) return Response.json({ times: [], series: [] }, { status });
    const codes = query.getAll("meter");
    asked.push(codes);
    return Response.json({ times: ["2026-11-22T08:00:00Z"], meters: codes.map((meter) => ({ meter, power_kw: [7] })) }, { status });
  });
  return asked;
}

describe("what the service remembers", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is asked for of many meters in one request, a hundred at the most", async () => {
    const [asked, trail] = [answering(), new Trail()];
    expect(await new Recall(trail).wanted(meters(250), NOW)).toBe(true);
    expect(asked.map((codes) => codes.length)).toEqual([100, 100, 50]);
    expect(trail.points("L249")).toEqual([{ at: Date.parse("2026-11-22T08:00:00Z"), kw: 7 }]);
  });

  it("is asked for once a quarter hour, and of meters that come into sight", async () => {
    const [asked, recall] = [answering(), new Recall(new Trail())];
    await recall.wanted(meters(2), NOW);
    expect(await recall.wanted(meters(2), NOW + 1000)).toBe(false);
    await recall.wanted(meters(3), NOW + 2000);
    await recall.wanted(meters(1), NOW + QUARTER_MS);
    expect(asked).toEqual([["L0", "L1"], ["L2"], ["L0"]]);
  });

  it("is asked for again where the service could not answer, and not where it refused", async () => {
    for (const [status, times] of [[503, 2], [403, 1]] as const) {
      const [asked, recall] = [answering(status), new Recall(new Trail())];
      expect(await recall.wanted(["L0"], NOW)).toBe(false);
      await recall.wanted(["L0"], NOW + 1000);
      expect(asked.length).toBe(times);
    }
  });
});
