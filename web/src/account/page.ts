/** <pw-account>: one's own account and, for administrators, those of others. */

import { html, nothing, type TemplateResult } from "lit";
import "../styles/cost.css";
import "../styles/account.css";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { may, store } from "../store.ts";
import "./own.ts";
import "./people.ts";

class AccountPage extends View {
  protected override render(): TemplateResult {
    const words = this.words;
    const people = store.route.view === "people" && may("manage-people");
    return html`<nav class="periods views" aria-label=${words.account}>${this.#entry(null, words.ownAccount)}${may("manage-people") ? this.#entry("people", words.people) : nothing}</nav>
      ${people ? html`<pw-people class="panel report"></pw-people>` : html`<pw-own-account></pw-own-account>`}`;
  }

  #entry(view: string | null, word: string): TemplateResult {
    return html`<a href=${href({ ...store.route, view })} aria-current=${store.route.view === view ? "page" : "false"}>${word}</a>`;
  }
}

customElements.define("pw-account", AccountPage);
