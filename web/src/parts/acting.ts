/** A part of the page that also acts on what it lists: a refusal stands above it, what was done is asked for anew. */

import { html, nothing, type TemplateResult } from "lit";
import { Asking } from "./asking.ts";
import { refused } from "./refused.ts";

export abstract class Acting<T> extends Asking<T> {
  #wrong = "";

  /** What was told of the act before is told no more. */
  protected abstract forget(): void;

  protected async act(act: () => Promise<void>): Promise<void> {
    this.#wrong = "";
    this.forget();
    try {
      await act();
      this.again();
    } catch (error) {
      this.#wrong = refused(error, this.words);
    }
    this.requestUpdate();
  }

  /** Why the last act was refused. */
  protected refused(): TemplateResult | typeof nothing {
    return this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing;
  }
}
