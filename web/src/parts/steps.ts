/** How a mean over an interval is drawn: level from its start to its end, open where nothing is known. */

import type uPlot from "uplot";

const CLIP_FILL = 1;

/** Paths of a series whose value i holds from x[i] to x[i+1]; the last x only closes the last interval. */
export function steps(filled: boolean): uPlot.Series.PathBuilder {
  return (plot, series, first, last) => {
    const stroke = new Path2D();
    const fill = new Path2D();
    const { min = 0, max = 0 } = plot.scales["y"] ?? {};
    const base = plot.valToPos(Math.max(min, Math.min(0, max)), "y", true);
    for (const run of runs(plot, series, first, last)) trace(plot, series, run, stroke, fill, base);
    return { stroke, fill: filled ? fill : null, clip: null, flags: CLIP_FILL };
  };
}

function runs(plot: uPlot, series: number, first: number, last: number): [number, number][] {
  const values = plot.data[series] ?? [];
  const found: [number, number][] = [];
  for (let i = first; i <= last; i++) {
    if (values[i] == null) continue;
    const open = found.at(-1);
    if (open && open[1] === i - 1) open[1] = i;
    else found.push([i, i]);
  }
  return found;
}

function trace(plot: uPlot, series: number, run: [number, number], stroke: Path2D, fill: Path2D, base: number): void {
  const x = (i: number): number => plot.valToPos(plot.data[0][i] ?? 0, "x", true);
  const y = (i: number): number => plot.valToPos(plot.data[series]?.[i] ?? 0, "y", true);
  stroke.moveTo(x(run[0]), y(run[0]));
  fill.moveTo(x(run[0]), base);
  for (let i = run[0]; i <= run[1]; i++) {
    for (const path of [stroke, fill]) {
      path.lineTo(x(i), y(i));
      path.lineTo(x(i + 1), y(i));
    }
  }
  fill.lineTo(x(run[1] + 1), base);
  fill.closePath();
}
