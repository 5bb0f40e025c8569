/** <pw-exhibit>: a chart with its legend, its table and its files: PNG, CSV and XLSX of what it shows. */

import { html, nothing, type TemplateResult } from "lit";
import { store } from "../store.ts";
import "./chart.ts";
import type { Chart, Draw, Tint } from "./chart.ts";
import "./files.ts";
import { sheetTable, type Sheet } from "./sheet.ts";
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
  static override properties = { heading: { attribute: false }, sheet: { attribute: false }, keys: { attribute: false }, version: { attribute: false }, note: { attribute: false } };
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
  /** What else the legend says. */
  declare note: TemplateResult | undefined;
  /** Its figures stand in a table of the page's own. */
  declare tabled: boolean | undefined;
  #hidden = new Set<number>();
  #turn = 0;

  protected override render(): TemplateResult {
    return html`${this.keys.length > 1 || this.note ? this.#legend() : nothing}
      <pw-chart
        .height=${this.height}
        .label=${this.heading}
        .pick=${this.pick}
        .draw=${((tint, width) => this.draw(tint, width, (key) => !this.#hidden.has(key))) satisfies Draw}
        .version=${[this.version, store.route.language, store.route.theme, this.#turn].join("|")}
      ></pw-chart>
      <div class="beside">${this.tabled ? nothing : twin(this.words, this.heading, () => sheetTable(this.sheet))}
        <pw-files .heading=${this.heading} .file=${this.file} .sheet=${() => this.sheet} .picture=${this.#picture}></pw-files></div>`;
  }

  #legend(): TemplateResult {
    return html`<div class="legend">
      ${this.keys.map((key, i) => html`<button
        type="button" class="legend-entry" aria-pressed=${String(!this.#hidden.has(i))} @click=${() => this.#toggle(i)}
      ><svg class="swatch-dot" width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" fill="var(--${key.token})" fill-opacity=${key.opacity ?? 1} /></svg>${key.name}</button>`)}${this.note ?? nothing}
    </div>`;
  }

  #toggle(key: number): void {
    if (!this.#hidden.delete(key)) this.#hidden.add(key);
    this.#turn++;
    this.requestUpdate();
  }

  readonly #picture = async (): Promise<Blob | null | undefined> => {
    const named = this.keys.length > 1 ? this.keys.filter((_, i) => !this.#hidden.has(i)).map((key) => key.name) : [];
    return this.querySelector<Chart>("pw-chart")?.picture(this.heading, named);
  };
}

customElements.define("pw-exhibit", Exhibit);
