/** <pw-live>: the park at this moment. */

import { html, type TemplateResult } from "lit";
import { message } from "../frame/notice.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import "./demand.ts";
import "./health.ts";
import "./load.ts";
import "./oneline.ts";
import "./ranking.ts";
import "./today.ts";

class LivePage extends View {
  protected override render(): TemplateResult {
    const words = this.words;
    if (store.site && store.meters.size === 0) return message(words.noMetersTitle, words.noMetersText);
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
