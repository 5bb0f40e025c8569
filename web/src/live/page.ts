/** <pw-live>: the park at this moment. */

import { html, type TemplateResult } from "lit";
import { message } from "../frame/notice.ts";
import type { Words } from "../i18n/words.ts";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import "./demand.ts";
import "./health.ts";
import "./load.ts";
import "./oneline.ts";
import "./ranking.ts";
import "./today.ts";

function noMeters(words: Words): TemplateResult {
  return html`<section class="notice panel"><h1>${words.noMetersTitle}</h1><p>${words.noMetersText}</p>
    <p><a href=${href({ ...store.route, page: "meters", meter: null, adding: true })}>+ ${words.addMeter}</a></p></section>`;
}

class LivePage extends View {
  protected override render(): TemplateResult {
    const words = this.words;
    if (store.site && store.meters.size === 0) return noMeters(words);
    return html`<h1 class="hidden">${words.live}</h1>
      ${this.#silent() ? message(words.noReadingsTitle, words.noReadingsText) : ""}
      <div class="live ${store.connection.state === "lost" ? "is-lost" : ""}">
        <pw-oneline class="panel"></pw-oneline>
        <pw-demand class="panel"></pw-demand>
        <pw-load class="panel"></pw-load>
        <pw-ranking class="panel"></pw-ranking>
        <div class="live-side"><pw-today class="panel"></pw-today><pw-health class="panel"></pw-health></div>
      </div>`;
  }

  #silent(): boolean {
    const counts = store.live?.counts;
    return counts !== undefined && counts.live + counts.late + counts.stale === 0;
  }
}

customElements.define("pw-live", LivePage);
