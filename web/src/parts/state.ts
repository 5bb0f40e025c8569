/** The four states of a meter, each a shape, a colour and a word. */

import { html, svg, type TemplateResult } from "lit";
import type { MeterState } from "../api.ts";
import type { Words } from "../i18n/words.ts";

const SHAPES: Record<MeterState, TemplateResult> = {
  live: svg`<circle cx="6" cy="6" r="4.5" />`,
  late: svg`<circle cx="6" cy="6" r="4" class="ring" /><path d="M6 2a4 4 0 0 1 0 8z" />`,
  stale: svg`<path d="M2.5 2.5l7 7M9.5 2.5l-7 7" class="cross" />`,
  never: svg`<circle cx="6" cy="6" r="4" class="ring dashed" />`,
};

export function stateWord(state: MeterState, words: Words): string {
  return { live: words.stateLive, late: words.stateLate, stale: words.stateStale, never: words.stateNever }[state];
}

export function stateDot(state: MeterState, words: Words): TemplateResult {
  return dot(state, stateWord(state, words));
}

/** A state's shape and colour for another word. */
export function dot(state: MeterState, word: string): TemplateResult {
  return html`<svg class="dot dot-${state}" viewBox="0 0 12 12" width="12" height="12" role="img" aria-label=${word}>
    <title>${word}</title>${SHAPES[state]}
  </svg>`;
}
