/** The load curve of some days: each load level by quarter hours, what it is compared with, bands behind. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { fixed, three } from "../numbers.ts";
import { bandName, bandToken } from "../parts/band.ts";
import type { Tint } from "../parts/chart.ts";
import "../parts/exhibit.ts";
import type { DrawShown, Key } from "../parts/exhibit.ts";
import type { Cell, Sheet } from "../parts/sheet.ts";
import { store } from "../store.ts";
import { clock, day, HOUR_MS, moment, shortDay } from "../time.ts";
import { type Line, type Profile, type Quarter, stepsOf, versionOf } from "./lines.ts";
import { spanText } from "./period.ts";

const HEIGHT = 320;

export function curveOf(answer: Profile, words: Words, zone: string): TemplateResult {
  const compared = answer.lines.some((line) => line.against.length > 0);
  const keys = answer.lines.flatMap((line): Key[] => [
    { name: line.label, token: line.token },
    ...(compared ? [{ name: `${line.label}, ${words.compared}`, token: line.token, opacity: 0.45 }] : []),
  ]);
  const when = spanText(answer.span, zone);
  return html`<pw-exhibit
      .heading=${`${words.loadOverDays} · ${answer.lines.map((line) => line.label).join(", ")} · ${when} [kW]`}
      .file=${`load-${answer.lines.map((line) => line.code).join("-")}-${day(answer.span.from, zone)}`}
      .sheet=${sheetOf(answer, compared, words, zone)}
      .keys=${keys} .height=${HEIGHT} .draw=${drawn(answer, compared, words, zone)}
      .version=${[versionOf(answer.lines), answer.bands.length, answer.readings.length, compared].join("|")}
    ></pw-exhibit>
    <p class="hint">${words.estimatedKey} · ${words.gapKey}${answer.bands.length > 0 ? html` · ${bandKey(answer)}` : ""}</p>`;
}

function bandKey(answer: Profile): TemplateResult[] {
  const codes = [...new Set(answer.bands.map((band) => band.code))];
  return codes.map((code) => html`<span class="band-key band-${bandToken(code)}">${bandName(store.site, code, store.route.language)}</span> `);
}

function sheetOf(answer: Profile, compared: boolean, words: Words, zone: string): Sheet {
  const first = answer.lines[0]?.quarters ?? [];
  const column = (name: string): { name: string; unit: string; number: true; decimals: number } => ({ name, unit: "kW", number: true, decimals: 1 });
  const cells = (line: Line, i: number): Cell[] => {
    const at = first[i]?.at;
    const own = line.quarters[i];
    return [own?.kw ?? null, own?.estimated ? "~" : "", ...(compared ? [line.against.find((one) => one.at === at)?.kw ?? null] : [])];
  };
  return {
    columns: [{ name: words.time }, ...answer.lines.flatMap((line) => [column(line.label), { name: words.estimated }, ...(compared ? [column(`${line.label}, ${words.compared}`)] : [])])],
    rows: first.map((one, i) => [moment(one.at, zone).slice(0, 16), ...answer.lines.flatMap((line) => cells(line, i))]),
  };
}

function drawn(answer: Profile, compared: boolean, words: Words, zone: string): DrawShown {
  const { from, to } = answer.span;
  const hours = (to - from) / HOUR_MS;
  const each = compared ? 2 : 1;
  return (tint, width, shown) => ({
    grid: { left: 56, right: 16, top: 30, bottom: 28 },
    tooltip: { trigger: "axis", renderMode: "richText", formatter: (points: { value: [number, number] }[]) => told(answer, points[0]?.value[0] ?? 0, words, zone) },
    xAxis: {
      type: "value", min: 0, max: hours, interval: intervalOf(hours, width), splitLine: { show: false }, axisTick: { show: true }, axisLine: { lineStyle: { color: tint("line") } },
      axisLabel: { color: tint("ink-2"), hideOverlap: true, formatter: (hour: number) => (hours > 26 ? shortDay(from + hour * HOUR_MS, zone) : clock(from + hour * HOUR_MS, zone)) },
    },
    yAxis: { type: "value", min: 0, name: "kW", nameTextStyle: { color: tint("ink-2"), align: "right", padding: [0, 8, 0, 0] }, axisLabel: { color: tint("ink-2"), formatter: (value: number) => three(value) }, splitLine: { lineStyle: { color: tint("line") } } },
    series: [
      { type: "line", data: [[0, null]], markArea: bandsBehind(answer, tint), silent: true },
      ...answer.lines.flatMap((line, i) => [
        ...(shown(i * each) ? own(line, from, tint) : []),
        ...(compared && shown(i * each + 1) ? [thin(line.against, line.token, from, tint)] : []),
      ]),
      { type: "line", showSymbol: false, symbol: "none", lineStyle: { width: 1, color: tint("ink-2", 0.7) }, silent: true, data: answer.readings.map((one) => [(one.at - from) / HOUR_MS, one.kw]) },
    ],
  });
}

function own(line: Line, from: number, tint: Tint): object[] {
  const style = { type: "line", showSymbol: false, symbol: "none", color: tint(line.token), connectNulls: false };
  return [
    { ...style, lineStyle: { width: 2 }, data: stepsOf(line.quarters, from, false) },
    { ...style, lineStyle: { width: 2, type: "dashed" }, data: stepsOf(line.quarters, from, true) },
  ];
}

function thin(quarters: readonly Quarter[], token: string, from: number, tint: Tint): object {
  const known = quarters.map((one) => ({ ...one, estimated: false }));
  return { type: "line", showSymbol: false, symbol: "none", color: tint(token, 0.45), lineStyle: { width: 1.5 }, data: stepsOf(known, from, false) };
}

function bandsBehind(answer: Profile, tint: Tint): object {
  const at = (time: string): number => (Date.parse(time) - answer.span.from) / HOUR_MS;
  return { silent: true, data: answer.bands.map((band) => [{ xAxis: at(band.from), itemStyle: { color: tint(`band-${bandToken(band.code)}`, 0.1) } }, { xAxis: at(band.to) }]) };
}

function intervalOf(hours: number, width: number): number {
  if (hours <= 26) return width < 560 ? 6 : 3;
  return 24 * Math.ceil(hours / 24 / Math.max(2, Math.floor(width / 64)));
}

function told(answer: Profile, hour: number, words: Words, zone: string): string {
  const at = answer.span.from + hour * HOUR_MS;
  const inside = (one: Quarter): boolean => at >= one.at && at < one.at + 900_000;
  const say = (label: string, one: Quarter | undefined): string => (one?.kw == null ? "" : `\n${label}: ${one.estimated ? "~" : ""}${fixed(one.kw, 1)} kW`);
  return moment(at, zone).slice(0, 16) + answer.lines.map((line) => say(line.label, line.quarters.find(inside)) + say(`${line.label}, ${words.compared}`, line.against.find(inside))).join("");
}
