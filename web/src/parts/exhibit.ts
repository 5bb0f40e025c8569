/** <pw-exhibit>: a chart with its legend, its table and its files: PNG, CSV and XLSX of what it shows. */

import { html, nothing, type TemplateResult } from "lit";
import { store } from "../store.ts";
import "../styles/exhibit.css";
import "./chart.ts";
import type { Chart, Draw, Tint } from "./chart.ts";
import { save } from "./save.ts";
import { csvOf, sheetTable, type Sheet } from "./sheet.ts";
import { twin } from "./twin.ts";
import { View } from "./view.ts";

export interface Key {
  name: string;
  token: string;
  /** Drawn with less ink. */
  opacity?: number;
}

export type DrawShown = (tint: Tint, width: number, shown: (key: number) => boolean) => ReturnType<Draw>;

class Exhibit extends View {
  static override properties = { heading: { attribute: false }, sheet: { attribute: false }, keys: { attribute: false }, version: { attribute: false } };
  /** What the chart is of, with its unit. */
  declare heading: string;
  /** Name of the files, without its ending. */
  declare file: string;
  declare sheet: Sheet;
  declare keys: readonly Key[];
  declare height: number;
  declare draw: DrawShown;
  declare pick: ((data: unknown) => void) | undefined;
  declare version: unknown;
  #hidden = new Set<number>();
  #turn = 0;

  protected override render(): TemplateResult {
    return html`${this.keys.length > 1 ? this.#legend() : nothing}
      <pw-chart
        .height=${this.height}
        .label=${this.heading}
        .pick=${this.pick}
        .draw=${((tint, width) => this.draw(tint, width, (key) => !this.#hidden.has(key))) satisfies Draw}
        .version=${[this.version, store.route.language, store.route.theme, this.#turn].join("|")}
      ></pw-chart>
      <div class="beside">${twin(this.words, this.heading, () => sheetTable(this.sheet))} ${this.#files()}</div>`;
  }

  #legend(): TemplateResult {
    return html`<div class="legend">
      ${this.keys.map((key, i) => html`<button
        type="button" class="legend-entry" aria-pressed=${String(!this.#hidden.has(i))} @click=${() => this.#toggle(i)}
      ><svg class="swatch-dot" width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" fill="var(--${key.token})" fill-opacity=${key.opacity ?? 1} /></svg>${key.name}</button>`)}
    </div>`;
  }

  #toggle(key: number): void {
    if (!this.#hidden.delete(key)) this.#hidden.add(key);
    this.#turn++;
    this.requestUpdate();
  }

  #files(): TemplateResult {
    const entry = (kind: string, keep: () => Promise<void>): TemplateResult =>
      html`<button type="button" class="quiet" aria-label="${this.words.saveAs(kind)}: ${this.heading}" @click=${keep}>${kind}</button>`;
    return html`<div class="files" role="group" aria-label=${this.words.files}>
      ${entry("PNG", () => this.#png())}${entry("CSV", () => this.#csv())}${entry("XLSX", () => this.#xlsx())}
    </div>`;
  }

  async #png(): Promise<void> {
    const named = this.keys.length > 1 ? this.keys.filter((_, i) => !this.#hidden.has(i)).map((key) => key.name) : [];
    const picture = await this.querySelector<Chart>("pw-chart")?.picture(this.heading, named);
    if (picture) save(picture, `${this.file}.png`);
  }

  async #csv(): Promise<void> {
    save(new Blob([csvOf(this.sheet)], { type: "text/csv" }), `${this.file}.csv`);
  }

  async #xlsx(): Promise<void> {
    const { workbook } = await import("./workbook.ts");
    save(workbook(this.sheet, this.file), `${this.file}.xlsx`);
  }
}

customElements.define("pw-exhibit", Exhibit);
