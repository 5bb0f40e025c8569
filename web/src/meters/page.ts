/** <pw-meters>: the tree of meters, and one of them in full. */

import { html, nothing, type TemplateResult } from "lit";
import { later } from "../parts/later.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { firstOf } from "./branches.ts";
import "./detail.ts";
import "./tree.ts";

const adding = (): Promise<unknown> => import("../adding/meter.ts");

class MetersPage extends View {
  /** Tree and meter stand side by side: then there is always one of them. */
  readonly #wide = matchMedia("(min-width: 901px)");
  readonly #turned = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#wide.addEventListener("change", this.#turned);
  }

  override disconnectedCallback(): void {
    this.#wide.removeEventListener("change", this.#turned);
    super.disconnectedCallback();
  }

  protected override render(): TemplateResult {
    const words = this.words;
    if (store.site && (store.route.adding || store.meters.size === 0)) return later(adding, html`<pw-adding-meter></pw-adding-meter>`, words);
    const { route, site, meters } = store;
    const shown = route.meter ?? (this.#wide.matches && site ? firstOf(site.areas, [...meters.values()])?.code : null);
    return html`<h1 class="hidden">${words.meters}</h1>
      <div class="meters ${route.meter ? "has-meter" : ""}">
        <pw-meter-tree class="panel" .shown=${shown}></pw-meter-tree>
        ${shown ? html`<pw-meter .code=${shown}></pw-meter>` : nothing}
      </div>`;
  }
}

customElements.define("pw-meters", MetersPage);
