/** A bill as a waterfall: each line begins where the one before it ended. */

import { fixed } from "../numbers.ts";
import { bandToken } from "../parts/band.ts";
import type { DrawShown } from "../parts/exhibit.ts";
import { valueAxis } from "../parts/value-axis.ts";
import type { BillLine } from "./answers.ts";

export interface Step {
  name: string;
  amount: number | null;
  token: string;
  opacity: number;
  /** Where its bar begins and ends. */
  from: number;
  to: number;
}

const TOKENS: Record<string, string> = { demand: "cooling", excess: "bad", power_factor: "pv", fund: "compressed_air", feed_in: "good" };

function tokenOf(line: BillLine): string {
  return TOKENS[line.kind] ?? `band-${bandToken(line.code)}`;
}

/** The lines and at last their sum. */
export function stepsOf(lines: readonly (BillLine & { label: string })[], total: string): Step[] {
  let at = 0;
  const steps = lines.map((line) => {
    const amount = line.amount === null ? null : Number(line.amount);
    const from = at;
    at += amount ?? 0;
    return { name: line.label, amount, token: tokenOf(line), opacity: line.kind === "common" ? 0.55 : 1, from, to: at };
  });
  return [...steps, { name: total, amount: at, token: "ink-2", opacity: 1, from: 0, to: at }];
}

const ROW = 30;
const FOOT = 32;

export function heightOf(steps: readonly Step[]): number {
  return steps.length * ROW + FOOT + 8;
}

export function waterfall(steps: readonly Step[], currency: string, none: string): DrawShown {
  return (tint, width) => {
    const narrow = width < 560;
    const names = narrow ? 116 : 240;
    const most = Math.max(1, ...steps.map((step) => Math.max(step.from, step.to)));
    const least = Math.min(0, ...steps.map((step) => Math.min(step.from, step.to)));
    return {
      grid: { left: names, right: narrow ? 78 : 110, top: 4, bottom: FOOT },
      xAxis: { ...valueAxis(currency, tint, width, (value) => fixed(value, 0)), min: least, max: most },
      yAxis: { type: "category", inverse: true, data: steps.map((step) => step.name), axisTick: { show: false }, axisLine: { lineStyle: { color: tint("line") } }, axisLabel: { color: tint("ink"), width: names - 12, overflow: "truncate", fontSize: narrow ? 11 : 12 } },
      series: [
        { type: "bar", stack: "fall", silent: true, itemStyle: { color: "transparent" }, data: steps.map((step) => Math.min(step.from, step.to)) },
        {
          type: "bar", stack: "fall", barWidth: 18, silent: true,
          data: steps.map((step) => ({ value: Math.abs(step.to - step.from), itemStyle: { color: tint(step.token, step.opacity) } })),
          label: { show: true, position: "right", color: tint("ink"), fontSize: narrow ? 11 : 12, formatter: ({ dataIndex }: { dataIndex: number }) => written(steps[dataIndex]?.amount ?? null, none) },
        },
      ],
    };
  };
}

function written(amount: number | null, none: string): string {
  return amount === null ? none : fixed(amount, 2);
}
