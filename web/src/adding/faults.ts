/** Why something was refused, line by line. */

import { html, nothing, type TemplateResult } from "lit";
import { get, type SourceList } from "../api.ts";
import type { Words } from "../i18n/words.ts";

export function faultList(faults: readonly string[], words: Words): TemplateResult | typeof nothing {
  if (faults.length === 0) return nothing;
  return html`<div role="alert" class="faults"><p>${words.checks}</p>
    <ul class="reasons bad">${faults.map((one) => html`<li>${one}</li>`)}</ul></div>`;
}

/** Why the service goes on by the file of before, if it does. */
export async function refusals(): Promise<string[]> {
  const { configuration } = await get<SourceList>("/sources");
  return configuration.mistakes.map((one) => [one.file, one.key, one.reason].filter(Boolean).join(": "));
}
