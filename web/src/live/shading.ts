/** The tariff's bands behind a day's chart, each with its name above. */

import type uPlot from "uplot";
import type { BandSpan } from "../api.ts";
import { bandToken } from "../parts/band.ts";
import type { Colour } from "../parts/plot.ts";
import { store } from "../store.ts";
import { HOUR_MS } from "../time.ts";

/** Size of the letters in a day's chart [px]: a screen on a wall is read from three metres. */
export function letters(): number {
  return store.route.wall && matchMedia("(min-width: 1600px) and (min-height: 1000px)").matches ? 16 : 12;
}

export interface Shade {
  /** Hours since the day began. */
  from: number;
  to: number;
  code: string;
}

export function shadesOf(bands: readonly BandSpan[], start: number): Shade[] {
  const hours = (time: string): number => (Date.parse(time) - start) / HOUR_MS;
  return bands.map((band) => ({ from: hours(band.from), to: hours(band.to), code: band.code }));
}

export function paint(plot: uPlot, shades: readonly Shade[], colour: Colour, name: (code: string) => string): void {
  const { ctx } = plot;
  ctx.save();
  ctx.font = `${letters() * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  for (const shade of shades) block(plot, shade, colour, name(shade.code));
  ctx.restore();
}

function block(plot: uPlot, shade: Shade, colour: Colour, name: string): void {
  const { ctx, bbox } = plot;
  const token = `band-${bandToken(shade.code)}`;
  const left = plot.valToPos(Math.max(0, shade.from), "x", true);
  const right = plot.valToPos(shade.to, "x", true);
  ctx.fillStyle = colour(token, 0.1);
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  ctx.fillStyle = colour(token);
  ctx.fillRect(left, bbox.top - 3 * devicePixelRatio, right - left, 3 * devicePixelRatio);
  if (ctx.measureText(name).width < right - left - 4) ctx.fillText(name, (left + right) / 2, bbox.top - 8 * devicePixelRatio);
}
