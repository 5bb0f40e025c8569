/** One figure: digits, unit beside it, and every mark that belongs to it. */

import { html, nothing, type TemplateResult } from "lit";
import { coverage, exact, NONE, three, unitText, type Scale } from "../numbers.ts";
import type { Words } from "../i18n/words.ts";

export interface Marks {
  estimated?: boolean;
  stale?: boolean;
}

export function figure(value: number | null | undefined, scale: Scale, base: string, marks: Marks = {}): TemplateResult {
  if (value === null || value === undefined) return html`<span class="figure">${NONE}</span>`;
  const sign = marks.estimated ? "~" : "";
  return html`<span class="figure ${marks.stale ? "is-stale" : ""}" title="${exact(value)} ${unitText(base)}"
    ><span class="digits">${sign}${three(value / scale.divisor, scale.decimals)}</span> <span class="unit">${unitText(scale.unit)}</span></span
  >`;
}

const PRINTED_BELOW = 0.95;

/** How much was measured, printed only where it is too little to pass over. */
export function measured(share: number | null | undefined, words: Words): TemplateResult | typeof nothing {
  if (share === null || share === undefined || share >= PRINTED_BELOW) return nothing;
  return html`<span class="measured">${words.measured(coverage(share))}</span>`;
}
