/** <pw-settings>: factors and tariffs with who published them, where everything is kept, and who may ask. */

import { html, nothing, type TemplateResult } from "lit";
import "../styles/cost.css";
import "../styles/settings.css";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { may, store, wholePark } from "../store.ts";
import "./factors.ts";
import "./keys.ts";
import "./storage.ts";
import "./tariffs.ts";

class SettingsPage extends View {
  protected override render(): TemplateResult {
    const words = this.words;
    const storage = wholePark() && may("see-operation");
    const keys = wholePark() && may("manage-keys");
    return html`<nav class="periods views" aria-label=${words.settings}>
        ${this.#entry(null, words.factors)}${this.#entry("tariffs", words.tariffs)}${storage ? this.#entry("storage", words.storageTitle) : nothing}${keys ? this.#entry("keys", words.keys) : nothing}
        <a href=${href({ ...store.route, page: "account", view: null })}>${words.ownAccount}</a>
        ${may("manage-people") ? html`<a href=${href({ ...store.route, page: "account", view: "people" })}>${words.people}</a>` : nothing}
      </nav>
      <section class="panel settings">${this.#view(storage, keys)}</section>`;
  }

  #view(storage: boolean, keys: boolean): TemplateResult {
    const view = store.route.view;
    if (view === "tariffs") return html`<pw-tariffs></pw-tariffs>`;
    if (view === "storage" && storage) return html`<pw-storage></pw-storage>`;
    if (view === "keys" && keys) return html`<pw-keys></pw-keys>`;
    return html`<pw-factors></pw-factors>`;
  }

  #entry(view: string | null, word: string): TemplateResult {
    return html`<a href=${href({ ...store.route, view, show: null, by: null })} aria-current=${store.route.view === view ? "page" : "false"}>${word}</a>`;
  }
}

customElements.define("pw-settings", SettingsPage);
