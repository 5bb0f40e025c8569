/** <pw-sign-in>: asks who one is: a person by name and password, or a program's key. */

import { html, nothing, type TemplateResult } from "lit";
import { ApiError, post, send, type Schemas } from "../api.ts";
import type { Words } from "../i18n/words.ts";
import { refusal } from "../parts/refusal.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";

class SignIn extends View {
  #byKey: boolean | null = null;
  #coded = false;
  #wrong = "";

  /** Where nobody has an account, a key is all there is. */
  get #key(): boolean {
    return this.#byKey ?? store.door?.accounts === false;
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<form class="notice panel sign-in" @submit=${this.#submit}>
      <h1>${words.signIn}</h1>
      <p>${this.#key ? words.signInKeyText : this.#coded ? words.codeText : words.signInText}</p>
      ${this.#key ? this.#keyFields(words) : this.#fields(words)}
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
      <button class="primary">${words.signIn}</button>
      ${store.door?.provider ? html`<button type="button" class="vouched" @click=${this.#vouched}>${words.signInWith(store.door.provider)}</button>` : nothing}
      <button type="button" class="quiet" @click=${this.#turn}>${this.#key ? words.withPassword : words.withKey}</button>
    </form>`;
  }

  #keyFields(words: Words): TemplateResult {
    return html`<label for="token">${words.token}</label><input id="token" name="token" type="password" autocomplete="off" required />`;
  }

  #fields(words: Words): TemplateResult {
    return html`<label for="name">${words.personName}</label>
      <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required />
      <label for="password">${words.password}</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required />
      ${this.#coded
        ? html`<label for="code">${words.code}</label><input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required />`
        : nothing}`;
  }

  readonly #turn = (): void => {
    [this.#byKey, this.#wrong] = [!this.#key, ""];
    this.requestUpdate();
  };

  readonly #vouched = async (): Promise<void> => {
    try {
      location.assign((await post<Schemas["ProviderAddress"]>("/session/provider", {})).address);
    } catch (error) {
      this.#wrong = refusal(error, this.words);
      this.requestUpdate();
    }
  };

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const data = Object.fromEntries(new FormData(event.target as HTMLFormElement));
    try {
      await send(this.#key ? "/session" : "/session/person", data);
      [this.#wrong, this.#coded] = ["", false];
      await store.load();
    } catch (error) {
      this.#refused(error);
    }
    this.requestUpdate();
  };

  #refused(error: unknown): void {
    const words = this.words;
    if (error instanceof ApiError && error.status === 401) {
      const first = error.problem.errors?.[0]?.field === "code" && !this.#coded;
      this.#coded ||= first;
      this.#wrong = first ? "" : this.#key ? words.tokenWrong : words.signInWrong;
    } else this.#wrong = refusal(error, words);
  }
}

customElements.define("pw-sign-in", SignIn);
