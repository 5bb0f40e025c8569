/** Hours of the day that an axis names, as many as there is room for. */

import type uPlot from "uplot";

const ROOMY = 520;

export function hours(plot: uPlot): number[] {
  const step = plot.width < ROOMY ? 6 : 3;
  return Array.from({ length: 24 / step + 1 }, (_, i) => i * step);
}
