/** For how much of the time a load reached at least which power. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { fixed, three } from "../numbers.ts";
import "../parts/exhibit.ts";
import type { DrawShown, Key } from "../parts/exhibit.ts";
import { durationOf, type Line, versionOf } from "./lines.ts";

interface Curve extends Key {
  values: number[];
}

export function durationChart(lines: readonly Line[], when: string, words: Words): TemplateResult {
  const curves = lines.flatMap((line): Curve[] => [
    { name: line.label, token: line.token, values: durationOf(line.quarters) },
    ...(line.against.length > 0 ? [{ name: `${line.label}, ${words.compared}`, token: line.token, opacity: 0.45, values: durationOf(line.against) }] : []),
  ]);
  return html`<pw-exhibit
    .heading=${`${words.loadDuration} · ${lines.map((line) => line.label).join(", ")} · ${when} [kW]`} .file=${`duration-${lines.map((line) => line.code).join("-")}`}
    .sheet=${{
      columns: [{ name: words.shareOfTime, unit: "%", number: true, decimals: 0 }, ...curves.map((curve) => ({ name: curve.name, unit: "kW", number: true, decimals: 1 }))],
      rows: Array.from({ length: 101 }, (_, percent) => [percent, ...curves.map((curve) => curve.values[percent] ?? null)]),
    }}
    .keys=${curves} .height=${260} .draw=${drawn(curves)} .version=${versionOf(lines)}
  ></pw-exhibit>`;
}

function drawn(curves: readonly Curve[]): DrawShown {
  return (tint, _width, shown) => ({
    grid: { left: 56, right: 24, top: 30, bottom: 28 },
    xAxis: { type: "value", max: 100, axisLabel: { color: tint("ink-2"), formatter: "{value} %" }, splitLine: { show: false } },
    yAxis: { type: "value", min: 0, name: "kW", nameTextStyle: { color: tint("ink-2"), align: "right", padding: [0, 8, 0, 0] }, axisLabel: { color: tint("ink-2"), formatter: (value: number) => three(value) }, splitLine: { lineStyle: { color: tint("line") } } },
    tooltip: { trigger: "axis", renderMode: "richText", formatter: (points: { value: [number, number]; seriesName: string }[]) => [`${points[0]?.value[0] ?? 0} %`, ...points.map((one) => `${one.seriesName}: ${fixed(one.value[1], 1)} kW`)].join("\n") },
    series: curves.flatMap((curve, i) => (shown(i) ? [{ type: "line", name: curve.name, showSymbol: false, color: tint(curve.token, curve.opacity ?? 1), data: curve.values.map((kw, percent) => [percent, kw]) }] : [])),
  });
}
