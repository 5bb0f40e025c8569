/** When a source or a meter was last read and what failed last, as a line of text. */

import { html, nothing, type TemplateResult } from "lit";
import type { Trace } from "../api.ts";
import { detail } from "../i18n/details.ts";
import { span, type Language, type Words } from "../i18n/words.ts";
import { causeWord } from "../parts/condition.ts";
import { moment } from "../time.ts";

export interface Context {
  words: Words;
  /** The service's clock when it answered [ms]. */
  now: number;
  zone: string;
  language: Language;
}

export function age(time: string, { now, language, words }: Context): string {
  return words.ago(span((now - Date.parse(time)) / 1000, language));
}

export function lastSuccess(trace: Trace, context: Context): TemplateResult {
  if (trace.last_success === null) return html`<span class="unit">${context.words.never}</span>`;
  return html`<span title=${moment(Date.parse(trace.last_success), context.zone)}>${age(trace.last_success, context)}</span>`;
}

/** Why the last attempt that failed did, how long ago, and when the next one follows. */
export function lastError(trace: Trace, context: Context): TemplateResult {
  const { words } = context;
  if (trace.last_failure === null) return html`<span class="unit">${words.noError}</span>`;
  const over = trace.condition !== "failing" && trace.condition !== "incomplete";
  const said = detail(trace.last_error, context.language);
  return html`<span class="error ${over ? "is-over" : ""}">
    <span class="cause">${causeWord(trace.cause, words)}</span>
    <span class="when">${age(trace.last_failure, context)}${nextAttempt(trace, context)}</span>
    <span class="error-text" lang=${said.language}>${said.text}</span>
  </span>`;
}

function nextAttempt(trace: Trace, { words, now, language }: Context): string | typeof nothing {
  const wait = trace.next_attempt === null ? 0 : (Date.parse(trace.next_attempt) - now) / 1000;
  return wait > 0 ? ` · ${words.nextAttempt(span(wait, language))}` : nothing;
}
