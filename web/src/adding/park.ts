/** <pw-first-park>: an empty service gets its park: named on the page, or from a site file. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, postYaml, type Schemas } from "../api.ts";
import { CODE } from "../parts/code.ts";
import { fileField } from "../parts/file-field.ts";
import { typed } from "../parts/form.ts";
import { pause } from "../parts/pause.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import "../styles/cost.css";
import "../styles/adding.css";
import { refusedFor } from "../parts/refused.ts";
import { faultList, refusals } from "./faults.ts";

const LOOK_MS = 800;
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

class FirstPark extends View {
  #regions: string[] = [];
  #faults: string[] = [];
  #written = false;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#look();
  }

  async #look(): Promise<void> {
    try {
      this.#regions = (await get<Schemas["DeviceList"]>("/library/devices")).regions;
    } catch (error) {
      this.#faults = refusedFor(error, this.words);
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<section class="first">
      <h1>${words.noParkTitle}</h1>
      <p>${words.noParkText}</p>
      ${this.#written ? html`<p class="good" role="status">✓ ${words.takingUp}</p>` : nothing} ${faultList(this.#faults, words)}
      <div class="ways">
        <form class="panel entry" @submit=${this.#create}>
          <h2>${words.firstName}</h2>
          <label>${words.parkNameZh}<input name="zh" required maxlength="200" /></label>
          <label>${words.parkNameEn}<input name="en" required maxlength="200" /></label>
          <label>${words.parkCode}<input name="code" required pattern=${CODE} value="park" /></label>
          <label>${words.zoneLabel}<input name="zone" required value=${ZONE === "UTC" ? "Asia/Shanghai" : ZONE} /></label>
          <label>${words.regionLabel}<select name="region" required>${this.#regions.map((code) => html`<option value=${code} ?selected=${code === "CN-GD"}>${code}</option>`)}</select></label>
          <label>${words.currencyLabel}<input name="currency" required pattern="[A-Z]{3}" value="CNY" /></label>
          <button type="submit" class="primary" ?disabled=${this.#written}>${words.createPark}</button>
        </form>
        <form class="panel entry" @submit=${this.#import}>
          <h2>${words.firstImport}</h2>
          <p class="hint">${words.importText}</p>
          ${fileField({ label: words.siteFile, accept: ".yaml,.yml", required: true }, words)}
          <button type="submit" ?disabled=${this.#written}>${words.importButton}</button>
          <p class="hint">${words.orByHand}</p>
        </form>
      </div>
    </section>`;
  }

  readonly #create = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const read = (name: string): string => typed(form, name);
    const park = { code: read("code"), name: { en: read("en"), zh: read("zh") }, zone: read("zone"), region: read("region"), currency: read("currency") };
    void this.#put(() => post<Schemas["SiteChange"]>("/site", park), true);
  };

  readonly #import = (event: SubmitEvent): void => {
    event.preventDefault();
    const file = new FormData(event.target as HTMLFormElement).get("file");
    if (file instanceof File) void this.#put(async () => postYaml<Schemas["SiteChange"]>("/site", await file.text()), false);
  };

  async #put(write: () => Promise<Schemas["SiteChange"]>, bare: boolean): Promise<void> {
    try {
      const made = await write();
      [this.#faults, this.#written] = [[], true];
      this.requestUpdate();
      await this.#takenUp();
      if (bare || made.meters.length === 0) store.go({ page: "meters", adding: true });
    } catch (error) {
      this.#faults = refusedFor(error, this.words);
      this.requestUpdate();
    }
  }

  async #takenUp(): Promise<void> {
    while (this.isConnected && store.phase === "no-site") {
      await pause(LOOK_MS);
      await store.load();
      this.#faults = await refusals();
    }
  }
}

customElements.define("pw-first-park", FirstPark);
