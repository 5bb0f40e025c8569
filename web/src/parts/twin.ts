/** The table beside a chart: the same figures for eyes, ears and the clipboard; built when it is opened. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import "./opened.ts";

export function twin(words: Words, title: string, table: () => TemplateResult): TemplateResult {
  return html`<pw-opened .summary=${words.table} .label=${words.asTable(title)} .content=${table}></pw-opened>`;
}
