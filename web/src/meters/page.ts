/** <pw-meters>: the tree of meters, and one of them in full. */

import { html, nothing, type TemplateResult } from "lit";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import "./detail.ts";
import "./tree.ts";

class MetersPage extends View {
  protected override render(): TemplateResult {
    const words = this.words;
    if (store.site && (store.route.adding || store.meters.size === 0)) {
      void import("../adding/meter.ts");
      return html`<pw-adding-meter></pw-adding-meter>`;
    }
    const chosen = store.route.meter;
    return html`<h1 class="hidden">${words.meters}</h1>
      <div class="meters ${chosen ? "has-meter" : ""}">
        <pw-meter-tree class="panel"></pw-meter-tree>
        ${chosen
          ? html`<pw-meter .code=${chosen}></pw-meter>`
          : store.site
            ? html`<p class="panel empty unchosen">${words.selectMeter}</p>`
            : nothing}
      </div>`;
  }
}

customElements.define("pw-meters", MetersPage);
