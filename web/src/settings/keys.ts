/** <pw-keys>: keys of programs: made, rotated, revoked; a secret is shown once. */

import { html, nothing, type TemplateResult } from "lit";
import { rolesOf } from "../account/names.ts";
import { get, post, type Schemas } from "../api.ts";
import { partsOf } from "../areas.ts";
import { Acting } from "../parts/acting.ts";
import { typed } from "../parts/form.ts";
import { store } from "../store.ts";
import { moment } from "../time.ts";
import "../styles/account.css";

type Key = Schemas["KeyEntry"];

/** Roles that programs ask for most, the one that may least first. */
const ROLES = ["push", "guest", "auditor", "integrator"] as const;

class Keys extends Acting<Schemas["KeyList"]> {
  #made: Schemas["MadeKey"] | null = null;

  protected override get question(): string {
    return "keys";
  }

  protected override ask(): Promise<Schemas["KeyList"]> {
    return get("/keys");
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const parts = partsOf(store.site?.areas ?? []);
    return html`<h1>${words.keys} <span class="subject">${words.keysSubject}</span></h1>
      ${this.#made ? html`<div class="handing" role="status"><p>${words.keyMade(this.#made.key.name)}</p><p><code class="secret">${this.#made.secret}</code></p></div>` : nothing}
      ${this.refused()}
      ${this.body()}
      <h2>${words.addKey}</h2>
      <form class="entry" @submit=${this.#add}>
        <label>${words.keyName}<input name="name" required maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false" /></label>
        <label>${words.personRole}<select name="role">${ROLES.map((role) => html`<option value=${role}>${rolesOf([role], words)}</option>`)}</select></label>
        <label>${words.sees}<select name="area"><option value="">${words.wholeParkToo}</option>${parts.map((area) => html`<option value=${area.code}>${this.name(area.name)}</option>`)}</select></label>
        <button type="submit" class="primary">${words.makeKey}</button>
      </form>`;
  }

  protected override filled({ keys }: Schemas["KeyList"]): TemplateResult {
    const words = this.words;
    if (keys.length === 0) return html`<p class="empty">${words.noKeys}</p>`;
    const heads = [words.keyName, words.personRole, words.sees, words.keyMadeBy, words.keyUsed, ""];
    return html`<table class="cards">
      <thead><tr>${heads.map((head) => html`<th scope="col">${head || html`<span class="hidden">${words.keyRotate}</span>`}</th>`)}</tr></thead>
      <tbody>${keys.map((one) => this.#row(one))}</tbody></table>`;
  }

  #row(one: Key): TemplateResult {
    const words = this.words;
    const used = one.secrets.map((each) => each.last_used_at ?? "").sort().at(-1);
    return html`<tr data-key=${one.name} class=${one.revoked_at ? "ended" : ""}>
      <th scope="row">${one.name}</th>
      <td data-label=${words.personRole}>${rolesOf(one.roles, words)}</td>
      <td data-label=${words.sees}>${one.areas === null ? words.wholePark : [...one.areas, ...(one.meters ?? [])].join(", ")}</td>
      <td data-label=${words.keyMadeBy}><span>${one.created_by} <span class="unit nowrap">${this.#at(one.created_at)}</span></span></td>
      <td data-label=${words.keyUsed} class="nowrap">${used ? this.#at(used) : words.never}</td>
      <td class="acts">${one.revoked_at ? html`<span class="said">${words.keyRevoked(this.#at(one.revoked_at), one.revoked_by ?? "")}</span>` : this.#acts(one)}</td>
    </tr>`;
  }

  #acts(one: Key): TemplateResult {
    const words = this.words;
    return html`<button type="button" class="quiet" aria-label="${words.keyRotate}: ${one.name}" @click=${() => this.act(async () => void (this.#made = await post(`/keys/${one.id}/rotation`, {})))}>${words.keyRotate}</button>
      <button type="button" class="quiet" aria-label="${words.keyRevoke}: ${one.name}" @click=${() => this.#revoke(one)}>${words.keyRevoke}</button>`;
  }

  #at(time: string): string {
    return moment(Date.parse(time), this.zone);
  }

  async #revoke(one: Key): Promise<void> {
    if (confirm(this.words.keyRevokeSure(one.name))) await this.act(async () => void (await post(`/keys/${one.id}/revocation`, {})));
  }

  readonly #add = (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const read = (name: string): string => typed(form, name);
    const reach = read("area") ? { areas: [read("area")] } : { whole_park: true };
    return this.act(async () => {
      this.#made = await post("/keys", { name: read("name"), roles: [read("role")], ...reach });
      form.reset();
    });
  };

  protected override forget(): void {
    this.#made = null;
  }
}

customElements.define("pw-keys", Keys);
