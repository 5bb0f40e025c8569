/** What stands on the page while there is nothing to show, and what to do about it. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { later } from "../parts/later.ts";
import { store } from "../store.ts";

const firstPark = (): Promise<unknown> => import("../adding/park.ts");

export function notice(words: Words): TemplateResult {
  if (store.phase === "no-site") return later(firstPark, html`<pw-first-park></pw-first-park>`, words);
  if (store.phase === "unreachable") return message(words.unreachableTitle, words.unreachableText);
  if (store.phase === "refused") return message(words.refusedTitle, store.problem);
  return html`<div class="loading" role="status" aria-label=${words.loading}>
    <section class="panel tall"></section><section class="panel tall"></section><section class="panel wide"></section>
  </div>`;
}

export function message(title: string, text: string): TemplateResult {
  return html`<section class="notice panel" role="alert">
    <h1>${title}</h1>
    <p>${text}</p>
  </section>`;
}
