/** <pw-keeping>: keeps the plan of the board under a code, and says so when another version stands. */

import { html, nothing, type TemplateResult } from "lit";
import { ApiError, get, put } from "../api.ts";
import { saidText } from "../cost/said.ts";
import { CODE } from "../parts/code.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { moment } from "../time.ts";
import type { KeptVersion, PostedPlan } from "./answers.ts";
import type { Origin } from "./draft.ts";

class Keeping extends View {
  static override properties = { body: { attribute: false }, origin: { attribute: false } };
  declare body: PostedPlan;
  declare origin: Origin | null;
  #who = "";
  #standing: KeptVersion | null = null;
  #wrong = "";
  #done = "";

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<form class="entry" @submit=${this.#submit}>
        <label>${words.planCode}<input name="code" required pattern=${CODE} maxlength="64" size="14" autocomplete="off" .value=${this.origin?.code ?? ""} /></label>
        <label>${words.who}<input name="who" required maxlength="200" autocomplete="name" /></label>
        <button type="submit">${words.keepPlan}</button>
        ${this.origin ? html`<span class="hint">${words.madeFrom(this.origin.code, String(this.origin.version))}</span>` : nothing}
      </form>
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
      ${this.#done ? html`<p class="good" role="status">✓ ${this.#done}</p>` : nothing}
      ${this.#standing ? this.#conflict(this.#standing) : nothing}`;
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const code = String(data.get("code") ?? "").trim();
    this.#who = String(data.get("who") ?? this.#who).trim();
    void this.#keep(code, this.origin?.code === code ? this.origin.version : null);
  };

  async #keep(code: string, replaces: number | null): Promise<void> {
    [this.#standing, this.#wrong, this.#done] = [null, "", ""];
    try {
      const kept = await put<KeptVersion>(path(code), { plan: this.body, who: this.#who, replaces });
      this.#done = this.words.keptAs(kept.code, String(kept.version));
      this.dispatchEvent(new CustomEvent<KeptVersion>("kept", { detail: kept }));
    } catch (error) {
      await this.#refused(code, error);
    }
    this.requestUpdate();
  }

  async #refused(code: string, error: unknown): Promise<void> {
    try {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      this.#standing = await get<KeptVersion>(path(code));
    } catch (other) {
      const errors = other instanceof ApiError ? (other.problem.errors ?? []) : [];
      this.#wrong = errors.map((one) => `${one.field}: ${saidText(one.reason, store.route.language)}`).join("; ") || (other instanceof Error ? other.message : String(other));
    }
  }

  #conflict(stands: KeptVersion): TemplateResult {
    const words = this.words;
    const version = String(stands.version);
    const gone = stands.plan === null;
    const what = gone ? words.withdrawnMeanwhile(stands.code, stands.kept_by, stands.withdrawn_because ?? "") : words.keptMeanwhile(stands.code, version, stands.kept_by, moment(Date.parse(stands.kept_at), this.zone));
    return html`<div role="alert"><p class="wrong">${what}</p>
        <p>${gone ? words.againOrOther : words.theirsOrOther}</p></div>
      <form class="entry" @submit=${this.#submit}>
        ${gone
          ? html`<button type="button" @click=${() => void this.#keep(stands.code, null)}>${words.keepAgain(stands.code)}</button>`
          : html`<button type="button" @click=${() => this.#open(stands)}>${words.openTheirs(version)}</button>`}
        <label>${words.otherCode}<input name="code" required pattern=${CODE} maxlength="64" size="14" autocomplete="off" /></label>
        <button type="submit">${words.keepMine}</button>
      </form>`;
  }

  #open(stands: KeptVersion): void {
    this.#standing = null;
    this.dispatchEvent(new CustomEvent<KeptVersion>("opened", { detail: stands }));
    this.requestUpdate();
  }
}

export function path(code: string): string {
  return `/plans/kept/${encodeURIComponent(code)}`;
}

customElements.define("pw-keeping", Keeping);
