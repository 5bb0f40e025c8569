/** Daily bars, stacked by who took what; days that were estimated are hatched. */

import { exact, three, type Scale } from "../numbers.ts";
import type { DrawShown, Key } from "../parts/exhibit.ts";

export interface Stack {
  /** Interval label: a local date. */
  label: string;
  parts: (number | null)[];
  coverage: number | null;
  estimated: boolean;
  /** The day has not ended: everything is so far. */
  running?: boolean;
}

interface Bar {
  value: number | null;
  day: string;
}

const TOKENS = ["electricity", "cooling", "pv", "steam", "recovered_heat", "gas", "water"];
const REST = "compressed_air";
const WIDEST = 48;

/** The colour of a part by its place; those beyond seven share one. */
export function tokenOf(place: number): string {
  return TOKENS[place] ?? REST;
}

export function sum(parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

export function dailyBars(stacks: readonly Stack[], keys: readonly Key[], scale: Scale): DrawShown {
  return (tint, _width, shown) => ({
    grid: { left: 64, right: 12, top: 26, bottom: 24 },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, renderMode: "richText", formatter: (points: { dataIndex: number }[]) => told(stacks[points[0]?.dataIndex ?? -1], keys, scale, shown) },
    xAxis: { type: "category", data: stacks.map((stack) => stack.label.slice(5)), axisTick: { show: false }, axisLine: { lineStyle: { color: tint("line") } }, axisLabel: { color: tint("ink-2") } },
    yAxis: {
      type: "value", min: 0, name: scale.unit, nameTextStyle: { color: tint("ink-2"), align: "right", padding: [0, 8, 0, 0] },
      axisLabel: { color: tint("ink-2"), formatter: (value: number) => three(value) }, splitLine: { lineStyle: { color: tint("line") } },
    },
    series: keys.flatMap((key, i) => (shown(i) ? [{
      type: "bar", stack: "all", name: key.name, barMaxWidth: WIDEST, itemStyle: { color: tint(key.token) }, cursor: "pointer",
      data: stacks.map((stack): Bar & { itemStyle?: object } => ({
        value: stack.parts[i] == null ? null : (stack.parts[i] ?? 0) / scale.divisor, day: stack.label,
        ...(stack.estimated ? { itemStyle: { decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: tint("surface", 0.6) } } } : {}),
      })),
    }] : [])),
  });
}

/** A day in words: its sum, and each part of it. */
function told(stack: Stack | undefined, keys: readonly Key[], scale: Scale, shown: (key: number) => boolean): string {
  if (!stack) return "";
  const parts = keys.map((key, i) => ({ key, value: stack.parts[i] ?? null, on: shown(i) })).filter((one) => one.on);
  const written = (value: number | null): string => (value === null ? "\u2013" : `${stack.estimated ? "~" : ""}${exact(Number((value / scale.divisor).toPrecision(6)))} ${scale.unit}`);
  return [`${stack.label}  ${written(sum(parts.map((part) => part.value)))}`, ...parts.map((part) => `${part.key.name}: ${written(part.value)}`)].join("\n");
}
