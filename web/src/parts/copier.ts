/** A button that copies a text, where browsers let a page copy: not over plain HTTP from another computer. */

import { html, nothing, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";

export function copier(words: Words, text: string, copied: () => void): TemplateResult | typeof nothing {
  if (!("clipboard" in navigator)) return nothing;
  // Where it is refused, the text still stands beside the button.
  const copy = (): Promise<void> => navigator.clipboard.writeText(text).then(copied, () => {});
  return html`<button type="button" class="quiet" @click=${copy}>${words.copyLink}</button>`;
}
