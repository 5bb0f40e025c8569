/** Series of a report gathered into one stack a day: the seven largest by name, the rest as others. */

import type { Name, Series } from "../api.ts";
import { QUARTER_MS, type Span } from "../live/days.ts";
import { sum, type Stack } from "./bars.ts";

const NAMED = 7;
const SETTLED_AFTER_MS = 20_000;
const WHOLE = 0.999;

export interface Named {
  key: string;
  name: Name;
  total: number;
}

/** Keys of the series by falling total; the same key may come in several quantities or gases. */
export function keysOf(series: readonly Series[]): Named[] {
  const found = new Map<string, Named>();
  for (const one of series) {
    const entry = found.get(one.key) ?? { key: one.key, name: one.name, total: 0 };
    entry.total += sum(one.values) ?? 0;
    found.set(one.key, entry);
  }
  return [...found.values()].sort((a, b) => b.total - a.total);
}

export function namedOf(keys: readonly Named[]): readonly Named[] {
  return keys.length > NAMED + 1 ? keys.slice(0, NAMED) : keys;
}

export function stacksOf(labels: readonly string[], series: readonly Series[], named: readonly Named[]): Stack[] {
  const shown = named.map((one) => one.key);
  const rest = series.filter((one) => !shown.includes(one.key));
  const groups = [...shown.map((key) => series.filter((one) => one.key === key)), ...(rest.length > 0 ? [rest] : [])];
  return labels.map((label, i) => ({
    label,
    parts: groups.map((group) => sum(group.map((one) => one.values[i] ?? null))),
    coverage: coverageAt(series, i),
    estimated: series.some((one) => one.estimated[i]),
  }));
}

/** A day that runs is judged by what could be settled of it until now; later days stay as they are. */
export function running(stack: Stack, day: Span, now: number): Stack {
  if (now >= day.to) return stack;
  const passed = Math.floor((now - SETTLED_AFTER_MS) / QUARTER_MS) * QUARTER_MS - day.from;
  const coverage = passed <= 0 || stack.coverage === null ? null : Math.min(1, (stack.coverage * (day.to - day.from)) / passed);
  return { ...stack, coverage, estimated: stack.estimated && (coverage ?? 0) < WHOLE, running: true };
}

/** The mean coverage of the series that have something to cover. */
function coverageAt(series: readonly Series[], i: number): number | null {
  const shares = series.filter((one) => one.values[i] != null).map((one) => one.coverage[i] ?? 0);
  return shares.length === 0 ? null : shares.reduce((a, b) => a + b, 0) / shares.length;
}
