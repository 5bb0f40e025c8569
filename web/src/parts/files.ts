/** <pw-files>: saves what is shown: PNG of a drawing, CSV and XLSX of its figures. */

import { html, nothing, type TemplateResult } from "lit";
import "../styles/exhibit.css";
import { refusal } from "./refusal.ts";
import { save } from "./save.ts";
import { csvOf, type Sheet } from "./sheet.ts";
import { View } from "./view.ts";

class Files extends View {
  static override properties = { heading: { attribute: false }, picture: { attribute: false } };
  declare heading: string;
  /** Name of the files, without its ending. */
  declare file: string;
  declare sheet: () => Sheet;
  /** Left out: there is no drawing. */
  declare picture: (() => Promise<Blob | null | undefined>) | undefined;
  #wrong = "";

  protected override render(): TemplateResult {
    const entry = (kind: string, keep: () => Promise<void>): TemplateResult =>
      html`<button type="button" class="quiet" aria-label="${this.words.saveAs(kind)}: ${this.heading}" @click=${() => void this.#saved(kind, keep)}>${kind}</button>`;
    return html`<div class="files" role="group" aria-label=${this.words.files}>
      ${this.picture ? entry("PNG", () => this.#png()) : nothing}${entry("CSV", () => this.#csv())}${entry("XLSX", () => this.#xlsx())}
    </div>${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}`;
  }

  async #saved(kind: string, keep: () => Promise<void>): Promise<void> {
    try {
      await keep();
      this.#wrong = "";
    } catch (error) {
      this.#wrong = this.words.notSaved(kind, refusal(error, this.words));
    }
    this.requestUpdate();
  }

  async #png(): Promise<void> {
    const picture = await this.picture?.();
    if (picture) save(picture, `${this.file}.png`);
  }

  async #csv(): Promise<void> {
    save(new Blob([csvOf(this.sheet())], { type: "text/csv" }), `${this.file}.csv`);
  }

  async #xlsx(): Promise<void> {
    const { workbook } = await import("./workbook.ts");
    save(workbook(this.sheet(), this.file), `${this.file}.xlsx`);
  }
}

customElements.define("pw-files", Files);
