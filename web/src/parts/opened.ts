/** <pw-opened>: a disclosure that draws its content only while it is open. */

import { html, LitElement, nothing, type TemplateResult } from "lit";

export class Opened extends LitElement {
  static override properties = { summary: { attribute: false }, label: { attribute: false }, content: { attribute: false } };
  declare summary: string;
  declare label: string;
  declare content: () => TemplateResult;
  #open = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<details class="twin" @toggle=${this.#toggle}>
      <summary aria-label=${this.label}>${this.summary}</summary>
      ${this.#open ? html`<div class="scroll" tabindex="0" role="region" aria-label=${this.label}>${this.content()}</div>` : nothing}
    </details>`;
  }

  readonly #toggle = (event: Event): void => {
    this.#open = (event.target as HTMLDetailsElement).open;
    this.requestUpdate();
  };
}

customElements.define("pw-opened", Opened);
