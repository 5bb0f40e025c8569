/** <pw-sign-in>: asks for the token when the service wants one. */

import { html, nothing, type TemplateResult } from "lit";
import { ApiError, signIn } from "../api.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";

class SignIn extends View {
  #wrong = "";

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<form class="notice panel sign-in" @submit=${this.#submit}>
      <h1>${words.signIn}</h1>
      <p>${words.signInText}</p>
      <label for="token">${words.token}</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required />
      ${this.#wrong ? html`<p class="wrong" role="alert">${this.#wrong}</p>` : nothing}
      <button class="primary">${words.signIn}</button>
    </form>`;
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const token = new FormData(event.target as HTMLFormElement).get("token");
    try {
      await signIn(String(token));
      await store.load();
    } catch (error) {
      const denied = error instanceof ApiError && [401, 403].includes(error.status);
      this.#wrong = denied ? this.words.tokenWrong : error instanceof ApiError ? error.message : this.words.unreachableTitle;
      this.requestUpdate();
    }
  };
}

customElements.define("pw-sign-in", SignIn);
