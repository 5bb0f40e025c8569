/** <pw-firing>: how many alerts nobody has taken care of yet, beside the page's name. */

import { html, nothing, type TemplateResult } from "lit";
import { get } from "../api.ts";
import { Asking } from "../parts/asking.ts";
import { store } from "../store.ts";

interface Open {
  alerts: { state: string }[];
}

const MOST = 99;

class Firing extends Asking<Open> {
  protected override get question(): string | null {
    return store.alertsTurn === 0 ? null : String(store.alertsTurn);
  }

  protected override ask(): Promise<Open> {
    return get("/alerts");
  }

  protected override render(): TemplateResult | typeof nothing {
    return this.answer === null || this.problem ? nothing : this.filled(this.answer);
  }

  protected override filled({ alerts }: Open): TemplateResult {
    const count = alerts.filter((one) => one.state === "firing").length;
    const shown = count > MOST ? `${MOST}+` : String(count);
    return html`${count === 0 ? nothing : html`<span class="badge" role="img" aria-label=${this.words.firingNow(shown)}>${shown}</span>`}`;
  }
}

customElements.define("pw-firing", Firing);
