/** <pw-own-account>: password, authenticator, and where one is signed in. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, remove, send, type Schemas } from "../api.ts";
import { Asking } from "../parts/asking.ts";
import { refused } from "../parts/refused.ts";
import { store } from "../store.ts";
import { moment } from "../time.ts";
import type { Person, Presence } from "./answers.ts";
import { browserName } from "./browser.ts";
import { areasOf, rolesOf } from "./names.ts";

type Begun = Schemas["Authenticator"];

class OwnAccount extends Asking<Person> {
  #wrong = new Map<string, string>();
  #done = "";
  #begun: Begun | null = null;

  protected override get question(): string | null {
    return store.door?.who?.kind === "person" ? store.door.who.name : null;
  }

  protected override ask(): Promise<Person> {
    return get("/account");
  }

  protected override render(): TemplateResult {
    const who = store.door?.who;
    const words = this.words;
    if (!who || who.kind === "person") return this.body();
    return html`<section class="notice panel"><h1>${words.ownAccount}</h1><p>${who.kind === "machine" ? words.machineAccount : words.keyAccount(who.name)}</p>
      ${who.kind === "machine" ? html`<p>${words.makeFirst}</p>` : html`<button type="button" @click=${() => this.#leave("here", () => remove("/session"))}>${words.signOut}</button>${this.#told("here")}`}</section>`;
  }

  protected override filled(person: Person): TemplateResult {
    const words = this.words;
    return html`<section class="panel report">
        <h1>${person.name}</h1>
        <dl class="facts-row"><div><dt>${words.rolesOf}</dt><dd>${rolesOf(person.roles, words)}</dd></div><div><dt>${words.sees}</dt><dd>${areasOf(person.areas, words)}</dd></div></dl>
        <p class="leaving"><button type="button" @click=${() => this.#leave("here", () => remove("/session"))}>${words.signOut}</button></p>${this.#told("here")}
      </section>
      ${person.provider === null ? html`${this.#password()}${this.#authenticator(person)}` : nothing}${this.#sessions(person.sessions)}`;
  }

  #password(): TemplateResult {
    const words = this.words;
    return html`<section class="panel report"><h2>${words.password}</h2>
      <form class="entry" data-form="password" @submit=${(event: SubmitEvent) => this.#change(event)}>
        <label>${words.oldPassword}<input name="before" type="password" autocomplete="current-password" required /></label>
        <label>${words.newPassword}<input name="password" type="password" autocomplete="new-password" minlength="12" maxlength="256" required /></label>
        <button type="submit">${words.setPassword}</button>${this.#told("password")}
      </form><p class="hint">${words.passwordHint}</p></section>`;
  }

  #authenticator(person: Person): TemplateResult {
    const words = this.words;
    const since = person.authenticator_at;
    return html`<section class="panel report"><h2>${words.authenticator} <span class="subject">${words.authenticatorSubject}</span></h2>
      <p>${since ? words.authenticatorOn(moment(Date.parse(since), this.zone)) : words.authenticatorOff}</p>
      ${this.#begun ? this.#confirming(this.#begun) : html`<form class="entry" data-form="authenticator" @submit=${(event: SubmitEvent) => this.#turn(event, since !== null)}>
        <label>${words.oldPassword}<input name="password" type="password" autocomplete="current-password" required /></label>
        <button type="submit">${since ? words.removeAuthenticator : words.beginAuthenticator}</button>${this.#told("authenticator")}
      </form>`}</section>`;
  }

  #confirming(begun: Begun): TemplateResult {
    const words = this.words;
    return html`<p>${words.authenticatorSecret}</p><p><code class="secret">${begun.secret.match(/.{1,4}/g)?.join(" ")}</code> <a href=${begun.address}>${words.openAuthenticator}</a></p>
      <form class="entry" data-form="code" @submit=${(event: SubmitEvent) => this.#confirm(event)}>
        <label>${words.showCode}<input name="code" inputmode="numeric" autocomplete="one-time-code" minlength="6" maxlength="12" required /></label>
        <button type="submit" class="primary">${words.confirmCode}</button>${this.#told("code")}
      </form>`;
  }

  #sessions(sessions: Presence[]): TemplateResult {
    const words = this.words;
    const at = (time: string): string => moment(Date.parse(time), this.zone);
    return html`<section class="panel report"><h2>${words.yourSessions}</h2>
      <table class="cards"><thead><tr>${[words.browser, words.fromAddress, words.signedIn, words.lastUsed].map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
      <tbody>${sessions.map((one) => html`<tr><th scope="row">${browserName(one.browser)}</th><td data-label=${words.fromAddress}>${one.origin}</td><td data-label=${words.signedIn}>${at(one.created_at)}</td><td data-label=${words.lastUsed}>${at(one.last_used_at)}</td></tr>`)}</tbody></table>
      <p class="leaving"><button type="button" @click=${() => this.#leave("everywhere", () => send("/account/sign-out", {}))}>${words.signOutEverywhere}</button></p>${this.#told("everywhere")}</section>`;
  }

  #told(form: string): TemplateResult | typeof nothing {
    const wrong = this.#wrong.get(form);
    if (wrong) return html`<p class="wrong" role="alert">${wrong}</p>`;
    return form === "password" && this.#done ? html`<p class="good" role="status">✓ ${this.#done}</p>` : nothing;
  }

  async #try(form: string, act: () => Promise<void>): Promise<void> {
    this.#wrong.delete(form);
    this.#done = "";
    try {
      await act();
    } catch (error) {
      this.#wrong.set(form, refused(error, this.words));
    }
    this.requestUpdate();
  }

  #change(event: SubmitEvent): Promise<void> {
    return this.#sent(event, "password", async (data) => {
      await post<Person>("/account/password", data);
      this.#done = this.words.passwordChanged;
      this.again();
    });
  }

  #turn(event: SubmitEvent, held: boolean): Promise<void> {
    return this.#sent(event, "authenticator", async (data) => {
      if (held) await post<Person>("/account/authenticator/removal", data);
      else this.#begun = await post<Begun>("/account/authenticator", data);
      this.again();
    });
  }

  #confirm(event: SubmitEvent): Promise<void> {
    return this.#sent(event, "code", async (data) => {
      await post<Person>("/account/authenticator/confirmation", data);
      this.#begun = null;
      this.again();
    });
  }

  #sent(event: SubmitEvent, form: string, act: (data: Record<string, unknown>) => Promise<void>): Promise<void> {
    event.preventDefault();
    const element = event.target as HTMLFormElement;
    return this.#try(form, async () => {
      await act(Object.fromEntries(new FormData(element)));
      element.reset();
    });
  }

  #leave(where: "here" | "everywhere", end: () => Promise<void>): Promise<void> {
    return this.#try(where, async () => {
      await end();
      await store.load();
    });
  }
}

customElements.define("pw-own-account", OwnAccount);
