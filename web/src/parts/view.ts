/** A part of the page: plain light DOM under the one stylesheet, drawn again when the store changes. */

import { LitElement } from "lit";
import { named, wordsOf, type Words } from "../i18n/words.ts";
import type { Name } from "../api.ts";
import { store } from "../store.ts";

export abstract class View extends LitElement {
  readonly #redraw = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    store.addEventListener("change", this.#redraw);
  }

  override disconnectedCallback(): void {
    store.removeEventListener("change", this.#redraw);
    super.disconnectedCallback();
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected get words(): Words {
    return wordsOf(store.route.language);
  }

  protected name(name: Name | undefined, fallback = ""): string {
    return named(name, store.route.language, fallback);
  }

  protected get zone(): string {
    return store.site?.zone ?? "UTC";
  }
}
