/** Daily bars, stacked by enterprise: figures in a table, lengths in SVG; no drawing library. */

import { html, nothing, svg, type TemplateResult } from "lit";
import { exact, three, type Scale } from "../numbers.ts";

export interface Stack {
  /** Interval label: a local date. */
  label: string;
  parts: (number | null)[];
  coverage: number | null;
  estimated: boolean;
  /** The day has not ended: everything is so far. */
  running?: boolean;
}

export interface Legend {
  name: string;
  colour: number;
}

const HEIGHT = 220;
const FOOT = 24;
const HEAD = 8;
const LEFT = 76;
const RIGHT = 12;
const LABEL = 40;

export function bars(stacks: readonly Stack[], legend: readonly Legend[], scale: Scale, width: number, title: string): TemplateResult {
  const top = niceTop(Math.max(1e-9, ...stacks.map((stack) => sum(stack.parts) ?? 0)) / scale.divisor);
  const slot = (width - LEFT - RIGHT) / Math.max(1, stacks.length);
  const every = Math.ceil(LABEL / slot);
  const y = (value: number): number => HEIGHT - FOOT - ((HEIGHT - FOOT - HEAD) * value) / scale.divisor / top;
  return html`<svg class="bars" width=${width} height=${HEIGHT} role="img" aria-label=${title}>
    <defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="hatch-line" width="2" height="6" />
      </pattern>
    </defs>
    ${[0, 0.5, 1].map((share) => gridLine(share * top, y(share * top * scale.divisor), width, share === 1 ? scale.unit : ""))}
    ${stacks.map((stack, i) => column(stack, legend, scale, { x: LEFT + i * slot, width: slot, named: (stacks.length - 1 - i) % every === 0 }, y))}
  </svg>`;
}

function gridLine(value: number, y: number, width: number, unit: string): TemplateResult {
  return svg`<line class="grid" x1=${LEFT} x2=${width} y1=${y} y2=${y} />
    <text class="tick" x=${LEFT - 8} y=${y + 4} text-anchor="end">${three(value)} ${unit}</text>`;
}

function column(stack: Stack, legend: readonly Legend[], scale: Scale, slot: { x: number; width: number; named: boolean }, y: (value: number) => number): TemplateResult {
  const wide = Math.min(48, slot.width * 0.7);
  const x = slot.x + (slot.width - wide) / 2;
  let base = 0;
  const total = sum(stack.parts);
  return svg`<g>
    <title>${stack.label}: ${total === null ? "–" : `${stack.estimated ? "~" : ""}${exact(Number((total / scale.divisor).toPrecision(6)))} ${scale.unit}`}</title>
    ${stack.parts.map((part, i) => {
      if (!part || part < 0) return nothing;
      const [from, to] = [base, base + part];
      base = to;
      return svg`<rect class="series-${legend[i]?.colour ?? 0}" x=${x} y=${y(to)} width=${wide} height=${Math.max(0.5, y(from) - y(to))} />`;
    })}
    ${stack.estimated && total ? svg`<rect fill="url(#hatch)" x=${x} y=${y(base)} width=${wide} height=${Math.max(0, y(0) - y(base))} />` : nothing}
    ${total === null ? svg`<text class="tick" x=${x + wide / 2} y=${y(0) - 6} text-anchor="middle">–</text>` : nothing}
    ${slot.named
      ? svg`<text class="tick" x=${x + wide / 2} y=${HEIGHT - 6} text-anchor="middle">${stack.label.slice(-5)}</text>`
      : nothing}
  </g>`;
}

export function sum(parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

/** The round figure at or above a value, whose half is round as well. */
export function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return (([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * 0.999999) ?? 10) * power);
}
