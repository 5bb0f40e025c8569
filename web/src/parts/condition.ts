/** How a source or a meter is doing: a shape, a colour and a word; why it failed, in plain words. */

import { html, type TemplateResult } from "lit";
import type { Cause, Condition, MeterState } from "../api.ts";
import type { Words } from "../i18n/words.ts";
import { dot } from "./state.ts";

const SHAPES: Record<Condition, MeterState> = {
  answering: "live",
  partly: "late",
  incomplete: "late",
  silent: "stale",
  failing: "stale",
  waiting: "never",
};

export function conditionWord(condition: Condition, words: Words): string {
  return {
    answering: words.condAnswering,
    partly: words.condPartly,
    incomplete: words.condIncomplete,
    silent: words.condSilent,
    failing: words.condFailing,
    waiting: words.condWaiting,
  }[condition];
}

export function conditionMark(condition: Condition, words: Words): TemplateResult {
  const word = conditionWord(condition, words);
  return html`<span class="condition condition-${condition}"><span aria-hidden="true">${dot(SHAPES[condition], word)}</span> ${word}</span>`;
}

export function causeWord(cause: Cause | null, words: Words): string {
  if (cause === null) return words.causeSource;
  return {
    unreachable: words.causeUnreachable,
    silent: words.causeSilent,
    refused: words.causeRefused,
    unreadable: words.causeUnreadable,
    store: words.causeStore,
    source: words.causeSource,
    fault: words.causeFault,
  }[cause];
}

export function advice(cause: Cause | null, words: Words): string {
  if (cause === null) return "";
  return {
    unreachable: words.adviceUnreachable,
    silent: words.adviceSilent,
    refused: words.adviceRefused,
    unreadable: words.adviceUnreadable,
    store: words.adviceStore,
    source: words.adviceSource,
    fault: words.adviceFault,
  }[cause];
}
