/** Parts of the page that are loaded when they are first needed, and again while they do not come. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { store } from "../store.ts";
import { AWAY_MS, pause } from "./pause.ts";

export type Load<T = unknown> = () => Promise<T>;

const coming = new Map<Load, Promise<unknown>>();
const lacking = new Set<Load>();

/** The part once it is there, however often it has to be asked for; one loop for each part. */
export function came<T>(load: Load<T>): Promise<T> {
  const there = (coming.get(load) as Promise<T> | undefined) ?? asked(load);
  coming.set(load, there);
  return there;
}

async function asked<T>(load: Load<T>): Promise<T> {
  for (;;) {
    try {
      const part = await load();
      if (lacking.delete(load)) store.stirred();
      return part;
    } catch {
      lacking.add(load);
      void store.compare();
      await pause(AWAY_MS);
    }
  }
}

/** What a part draws, or that it has not come. */
export function later(load: Load, drawn: TemplateResult, words: Words): TemplateResult {
  void came(load);
  if (!lacking.has(load)) return drawn;
  return html`<section class="notice panel" role="alert">
    <h1>${words.lackingTitle}</h1>
    <p>${words.lackingText}</p>
    <p><button type="button" @click=${() => location.reload()}>${words.loadAgain}</button></p>
  </section>`;
}
