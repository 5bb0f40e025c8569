/** A sparkline: the last hour as one stroke, broken where nothing is known. */

import { html, type TemplateResult } from "lit";
import type { Point } from "../live/trail.ts";
import { HOUR_MS } from "../time.ts";

const WIDTH = 120;
const HEIGHT = 24;
const GAP_MS = 150_000;
const HEADROOM = 1.3;

export function spark(points: readonly Point[], now: number, label: string): TemplateResult {
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" width=${WIDTH} height=${HEIGHT} role="img" aria-label=${label} preserveAspectRatio="none">
    <path d=${pathOf(points, now)} />
  </svg>`;
}

/** From zero up, so that a steady load looks steady. */
export function pathOf(points: readonly Point[], now: number): string {
  const shown = points.filter((point) => point.at >= now - HOUR_MS);
  const top = HEADROOM * Math.max(1e-9, ...shown.map((point) => point.kw ?? 0));
  const steps: string[] = [];
  let before = -Infinity;
  for (const { at, kw } of shown) {
    if (kw === null) continue;
    const x = WIDTH * (1 - (now - at) / HOUR_MS);
    const y = HEIGHT - 2 - (HEIGHT - 4) * (Math.max(0, kw) / top);
    steps.push(`${at - before > GAP_MS ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`);
    before = at;
  }
  return steps.join("");
}
