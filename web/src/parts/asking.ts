/** A part of the page that asks the service: anew when its question changes, and says what it holds meanwhile. */

import { html, nothing, type TemplateResult } from "lit";
import { store } from "../store.ts";
import { painted } from "./painted.ts";
import { View } from "./view.ts";
import { AWAY_MS } from "./pause.ts";
import { passes } from "./refusal.ts";
import { refused } from "./refused.ts";

export abstract class Asking<T> extends View {
  protected answer: T | null = null;
  protected problem = "";
  #asked = "";
  /** Counts what was asked, as the same question can be asked again. */
  #turn = 0;
  #timer = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.problem) this.again();
  }

  override disconnectedCallback(): void {
    window.clearTimeout(this.#timer);
    super.disconnectedCallback();
  }

  /** What is asked for; null: nothing yet. */
  protected abstract get question(): string | null;
  protected abstract ask(): Promise<T>;
  protected abstract filled(answer: T): TemplateResult;

  protected override willUpdate(): void {
    const question = store.site ? this.question : null;
    if (question === null || question === this.#asked) return;
    this.#asked = question;
    void this.#load();
  }

  protected again(): void {
    this.#asked = "";
    this.requestUpdate();
  }

  /** What was asked before and is answered later says nothing. */
  async #load(): Promise<void> {
    const turn = ++this.#turn;
    window.clearTimeout(this.#timer);
    await painted();
    if (turn !== this.#turn) return;
    try {
      const answer = await this.ask();
      if (turn !== this.#turn) return;
      [this.answer, this.problem] = [answer, ""];
    } catch (error) {
      if (turn !== this.#turn) return;
      this.problem = refused(error, this.words);
      if (passes(error) && this.isConnected) this.#timer = window.setTimeout(() => this.again(), AWAY_MS);
    }
    this.requestUpdate();
  }

  /** The answer, the frame of one, or why there is none. */
  protected body(): TemplateResult {
    const words = this.words;
    const failed = this.problem
      ? html`<p class="empty" role="alert">${words.failed}${words.colon}${this.problem} <button type="button" class="quiet" @click=${() => this.again()}>${words.tryAgain}</button></p>`
      : nothing;
    if (this.answer === null) return failed === nothing ? html`<div class="plot-space" role="status" aria-label=${words.loading}></div>` : html`${failed}`;
    return html`${failed}${this.filled(this.answer)}`;
  }
}
