/** <pw-enter>: a link that is good once: set a password by it, and be signed in. */

import { html, nothing, type TemplateResult } from "lit";
import { post, send, type Schemas } from "../api.ts";
import type { Words } from "../i18n/words.ts";
import { patiently } from "../parts/pause.ts";
import { refusal } from "../parts/refusal.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";

type Purpose = Schemas["LinkPurpose"];

class Enter extends View {
  readonly #link = location.hash.slice(1);
  #purpose: Purpose | null = null;
  #spent = false;
  #wrong = "";

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#look();
  }

  async #look(): Promise<void> {
    try {
      this.#purpose = await patiently(() => post<Purpose>("/links/look", { link: this.#link }));
    } catch {
      this.#spent = true;
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const words = this.words;
    if (this.#spent) return html`<section class="notice panel" role="alert"><h1>${words.linkSpent}</h1><p>${words.linkSpentText}</p></section>`;
    if (this.#purpose === null) return html`<section class="notice panel" role="status" aria-label=${words.loading}></section>`;
    const { name } = this.#purpose;
    return html`<form class="notice panel sign-in" @submit=${this.#submit}>
      <h1>${name === null ? words.firstTitle : words.enterTitle}</h1>
      <p>${name === null ? words.firstText : words.enterFor(name)}</p>
      ${this.#name(name, words)}
      <label for="password">${words.newPassword}</label>
      <input id="password" name="password" type="password" autocomplete="new-password" minlength="12" maxlength="256" required aria-describedby="password-hint" />
      <p class="hint" id="password-hint">${words.passwordHint}</p>
      <label for="again">${words.passwordAgain}</label>
      <input id="again" name="again" type="password" autocomplete="new-password" required />
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
      <button class="primary">${words.setPassword}</button>
      ${name !== null && store.door?.provider
        ? html`<button type="button" class="vouched" @click=${this.#vouched}>${words.signInWith(store.door.provider)}</button><p class="hint">${words.vouchedHint}</p>`
        : nothing}
    </form>`;
  }

  /** Password stores want a name beside the password, typed or known. */
  #name(name: string | null, words: Words): TemplateResult {
    return html`<label for="name" ?hidden=${name !== null}>${words.personName}</label>
      <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required .value=${name ?? ""} ?hidden=${name !== null} />`;
  }

  readonly #vouched = async (): Promise<void> => {
    try {
      location.assign((await post<Schemas["ProviderAddress"]>("/session/provider", { link: this.#link })).address);
    } catch (error) {
      this.#wrong = refusal(error, this.words);
      this.requestUpdate();
    }
  };

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const { name = "", password = "", again } = Object.fromEntries(new FormData(event.target as HTMLFormElement)) as Record<string, string>;
    if (password !== again) this.#wrong = this.words.passwordsDiffer;
    else await this.#use(name.trim(), password);
    this.requestUpdate();
  };

  async #use(name: string, password: string): Promise<void> {
    try {
      await send("/links/use", { link: this.#link, password, ...(this.#purpose?.name === null ? { name } : {}) });
      store.go({ page: "live", entering: false }, true);
      await store.load();
    } catch (error) {
      this.#wrong = refusal(error, this.words);
    }
  }
}

customElements.define("pw-enter", Enter);
