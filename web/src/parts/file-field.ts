/** A file that is chosen: asked for in the page's words, whatever language the browser itself speaks. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";

interface FileField {
  label: string;
  accept: string;
  name?: string;
  required?: boolean;
  taken?: (event: Event) => void;
}

export function fileField({ label, accept, name = "file", required = false, taken }: FileField, words: Words): TemplateResult {
  const changed = (event: Event): void => {
    tell(event.target as HTMLInputElement);
    taken?.(event);
  };
  return html`<label class="file-field">${label}
    <span class="file-choice"><span class="choose">${words.chooseFile}</span><output></output></span>
    <input type="file" class="behind" name=${name} accept=${accept} ?required=${required} @change=${changed} />
  </label>`;
}

function tell(input: HTMLInputElement): void {
  const told = input.parentElement?.querySelector("output");
  if (told) told.textContent = input.files?.[0]?.name ?? "";
}
