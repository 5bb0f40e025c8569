/** <pw-alerts>: open alerts, silences and what was, side by side with what people do about them. */

import { html, type TemplateResult } from "lit";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import "../styles/cost.css";
import "../styles/alerts.css";
import "./list.ts";
import "./silences.ts";

class AlertsPage extends View {
  protected override render(): TemplateResult {
    return html`<div class="alerts-page ${store.connection.state === "lost" ? "is-lost" : ""}">
      <section class="panel"><pw-alert-list .over=${false}></pw-alert-list></section>
      <section class="panel"><pw-silences></pw-silences></section>
      <section class="panel"><pw-alert-list .over=${true}></pw-alert-list></section>
      <p class="hint">${this.words.parkTime(this.zone)}</p>
    </div>`;
  }
}

customElements.define("pw-alerts", AlertsPage);
