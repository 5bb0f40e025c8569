/** The field of days and quarter hours of one load: darker is more, open is unknown, half as dark is estimated. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { fixed } from "../numbers.ts";
import "../parts/exhibit.ts";
import type { DrawShown } from "../parts/exhibit.ts";
import type { Sheet } from "../parts/sheet.ts";
import { clock, day } from "../time.ts";
import { versionOf, type Line } from "./lines.ts";

const ROW = 16;
const AROUND = 84;
const PER_DAY = 96;

interface Cell {
  day: string;
  slot: number;
  clock: string;
  kw: number | null;
  estimated: boolean;
}

export function heatMap(line: Line, when: string, words: Words, zone: string, open: (day: string) => void): TemplateResult {
  const cells = line.quarters.map((one) => cellOf(one.at, one.kw, one.estimated, zone));
  const days = [...new Set(cells.map((cell) => cell.day))];
  return html`<pw-exhibit
      .heading=${`${words.heatTitle} · ${line.label} · ${when} [kW]`} .file=${`heat-map-${line.code}-${days[0] ?? ""}`}
      .sheet=${sheetOf(cells, days, words)} .keys=${[]} .height=${days.length * ROW + AROUND}
      .draw=${drawn(cells, days, words)} .version=${versionOf([line])}
      .pick=${(data: unknown) => Array.isArray(data) && open(days[Number(data[1])] ?? "")}
    ></pw-exhibit>
    <p class="hint">${words.heatHint}</p>`;
}

function cellOf(at: number, kw: number | null, estimated: boolean, zone: string): Cell {
  const shown = clock(at, zone);
  const [hour = 0, minute = 0] = shown.split(":").map(Number);
  return { day: day(at, zone), slot: hour * 4 + Math.floor(minute / 15), clock: shown, kw, estimated };
}

/** A row a day, a column a quarter hour. */
function sheetOf(cells: readonly Cell[], days: readonly string[], words: Words): Sheet {
  const byDay = new Map(days.map((one) => [one, new Array<number | null>(PER_DAY).fill(null)]));
  for (const cell of cells) byDay.get(cell.day)?.splice(cell.slot, 1, cell.kw);
  return {
    columns: [{ name: words.date }, ...slots().map((name) => ({ name, unit: "kW", number: true, decimals: 1 }))],
    rows: days.map((one) => [one, ...(byDay.get(one) ?? [])]),
  };
}

function slots(): string[] {
  return Array.from({ length: PER_DAY }, (_, i) => `${String(Math.floor(i / 4)).padStart(2, "0")}:${String((i % 4) * 15).padStart(2, "0")}`);
}

function drawn(cells: readonly Cell[], days: readonly string[], words: Words): DrawShown {
  const known = cells.filter((cell) => cell.kw !== null);
  const most = Math.max(...known.map((cell) => cell.kw ?? 0), 1e-9);
  const at = (cell: Cell): [number, number, number | null] => [cell.slot, days.indexOf(cell.day), cell.kw];
  return (tint, width) => ({
    grid: { left: 52, right: 8, top: 8, bottom: 68 },
    tooltip: { renderMode: "richText", formatter: ({ data }: { data: { value?: number[] } | number[] }) => say(Array.isArray(data) ? data : (data.value ?? []), days, words) },
    xAxis: { type: "category", data: slots(), axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: tint("ink-2"), interval: width < 560 ? 23 : 11 } },
    yAxis: { type: "category", inverse: true, data: days.map((one) => one.slice(5)), axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: tint("ink-2"), interval: days.length > 14 ? 1 : 0 } },
    visualMap: {
      min: 0, max: most, orient: "horizontal", left: "center", bottom: 4, itemHeight: Math.min(240, width - 140), itemWidth: 10, hoverLink: false,
      inRange: { color: [tint("background"), tint("electricity")] }, textStyle: { color: tint("ink-2") }, text: [`${fixed(most, 0)} kW`, "0"],
    },
    series: [
      { type: "heatmap", data: known.filter((cell) => !cell.estimated).map(at) },
      { type: "heatmap", data: known.filter((cell) => cell.estimated).map(at), itemStyle: { opacity: 0.5, borderColor: tint("warning"), borderWidth: 1 } },
    ],
  });
}

function say(data: readonly number[], days: readonly string[], words: Words): string {
  const [slot = 0, row = 0, kw = 0] = data;
  return `${days[row]} ${slots()[slot]}\n${words.power}: ${fixed(kw, 1)} kW`;
}
