/** What stands on the page while there is nothing to show, and what to do about it. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { store } from "../store.ts";

const EXAMPLE = `code: plant
name: {en: My plant, zh: 我的园区}
zone: Asia/Shanghai
region: CN-GD
areas:
  - {code: plant, kind: park, name: {en: My plant, zh: 我的园区}}
sources:
  - {kind: modbus, code: line-1, host: 192.168.1.20}
meters:
  - code: M1
    name: {en: Incomer, zh: 进线}
    area: plant
    source: line-1
    device: eastron-sdm630
    address: 1
    role: boundary
`;

export function notice(words: Words): TemplateResult {
  if (store.phase === "no-site") return noSite(words);
  if (store.phase === "unreachable") return message(words.unreachableTitle, words.unreachableText);
  if (store.phase === "refused") return message(words.refusedTitle, store.problem);
  return html`<div class="loading" role="status" aria-label=${words.loading}>
    <section class="panel tall"></section><section class="panel tall"></section><section class="panel wide"></section>
  </div>`;
}

function noSite(words: Words): TemplateResult {
  return html`<section class="notice panel">
    <h1>${words.noSiteTitle}</h1>
    <p>${words.noSiteText}</p>
    <p><code>config/sites/plant.yaml</code></p>
    <pre tabindex="0">${EXAMPLE}</pre>
    <pre>parkwatt check</pre>
    <p>${words.noSiteMore}</p>
  </section>`;
}

export function message(title: string, text: string): TemplateResult {
  return html`<section class="notice panel" role="alert">
    <h1>${title}</h1>
    <p>${text}</p>
  </section>`;
}
