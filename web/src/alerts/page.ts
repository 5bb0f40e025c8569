/** <pw-alerts>: open alerts, silences and what was, side by side with what people do about them. */

import { html, nothing, type TemplateResult } from "lit";
import { chimeOn, chimes } from "../frame/chime.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import "../styles/cost.css";
import "../styles/alerts.css";
import "./list.ts";
import "./rules.ts";
import "./silences.ts";
import type { Trial } from "./trial.ts";
import "./trial.ts";

function sounding(event: Event): void {
  chimeOn((event.target as HTMLInputElement).checked);
}

class AlertsPage extends View {
  protected override render(): TemplateResult {
    return html`<div class="alerts-page ${store.connection.state === "lost" ? "is-lost" : ""}" @try-rule=${this.#tried}>
      <section class="panel"><label class="chime"><input type="checkbox" name="chime" .checked=${chimes()} @change=${sounding} /> ${this.words.chime}</label><pw-alert-list .over=${false}></pw-alert-list></section>
      <section class="panel"><pw-silences></pw-silences></section>
      <section class="panel"><pw-alert-list .over=${true}></pw-alert-list></section>
      <section class="panel"><pw-rules></pw-rules></section>
      ${store.door?.who?.areas === null ? html`<section class="panel"><pw-trial></pw-trial></section>` : nothing}
      <p class="hint">${this.words.parkTime(this.zone)}</p>
    </div>`;
  }

  readonly #tried = (event: CustomEvent<string>): void => this.querySelector<Trial>("pw-trial")?.choose(event.detail);
}

customElements.define("pw-alerts", AlertsPage);
