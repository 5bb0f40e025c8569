/** <pw-people>: accounts: made, given other roles, reset, ended; links are shown once. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post } from "../api.ts";
import { partsOf } from "../areas.ts";
import type { Words } from "../i18n/words.ts";
import { Acting } from "../parts/acting.ts";
import { copier } from "../parts/copier.ts";
import { typed } from "../parts/form.ts";
import { store } from "../store.ts";
import { day } from "../time.ts";
import { OF_PARK, ROLES, type MadePerson, type Person } from "./answers.ts";
import { areasOf, roleName, rolesOf } from "./names.ts";
import "./walls.ts";

class People extends Acting<{ people: Person[] }> {
  #done = "";
  #made: { told: (words: Words) => string; path: string } | null = null;
  #role: string = "enterprise-user";
  #changing: number | null = null;

  protected override get question(): string {
    return "people";
  }

  protected override ask(): Promise<{ people: Person[] }> {
    return get("/people");
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<h1>${words.people} <span class="subject">${words.peopleSubject}</span></h1>
      ${this.#link()}${this.refused()}${this.#done ? html`<p class="good" role="status">✓ ${this.#done}</p>` : nothing}
      ${this.body()}
      <h2>${words.addPerson}</h2>
      <form class="entry" data-form="add" @submit=${this.#add}>
        <label>${words.personName}<input name="name" required maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false" /></label>
        ${this.#part(this.#role, [])}<button type="submit" class="primary">${words.makeAccount}</button>
      </form>
      <pw-walls></pw-walls>`;
  }

  /** A link that was just made, and what to do with it. */
  #link(): TemplateResult | typeof nothing {
    if (!this.#made) return nothing;
    const { told, path } = this.#made;
    const address = `${location.origin}${path}`;
    return html`<div class="handing" role="status"><p>${told(this.words)}</p>
      <p><code class="secret">${address}</code> ${copier(this.words, address, this.#copied)}</p></div>`;
  }

  /** Role and areas; roles about the whole park have no areas to choose. */
  #part(role: string, areas: readonly string[]): TemplateResult {
    const words = this.words;
    const choose = (event: Event): void => {
      this.#role = (event.target as HTMLSelectElement).value;
      this.requestUpdate();
    };
    const parts = partsOf(store.site?.areas ?? []);
    return html`<label>${words.personRole}<select name="role" @change=${choose}>${ROLES.map((one) => html`<option value=${one} ?selected=${one === role}>${roleName(one, words)}</option>`)}</select></label>
      ${OF_PARK.includes(this.#role) ? nothing : html`<label>${words.sees}<select name="area">
        ${parts.map((area) => html`<option value=${area.code} ?selected=${areas.includes(area.code)}>${this.name(area.name)}</option>`)}
        <option value="">${words.wholeParkToo}</option></select></label>`}`;
  }

  protected override filled({ people }: { people: Person[] }): TemplateResult {
    const words = this.words;
    if (people.length === 0) return html`<p class="empty">${words.noPeople}</p>`;
    const standing = [...people.filter((one) => !one.ended_at), ...people.filter((one) => one.ended_at)];
    return html`<table class="cards">
      <thead><tr>${[words.personName, words.personRole, words.sees, words.password, words.openSessions, ""].map((head) => html`<th scope="col">${head || html`<span class="hidden">${words.changePart}</span>`}</th>`)}</tr></thead>
      <tbody>${standing.map((one) => (one.id === this.#changing ? this.#changingRow(one) : this.#row(one)))}</tbody></table>`;
  }

  #row(one: Person): TemplateResult {
    const words = this.words;
    return html`<tr data-person=${one.name} class=${one.ended_at ? "ended" : ""}>
      <th scope="row">${one.name}</th>
      <td data-label=${words.personRole}>${rolesOf(one.roles, words)}</td>
      <td data-label=${words.sees}>${areasOf(one.areas, words)}</td>
      <td data-label=${words.password}>${this.#entrance(one)}</td>
      <td data-label=${words.openSessions}>${words.sessionsCount(String(one.sessions.length))}</td>
      <td class="acts">${one.ended_at ? html`<span class="said">${words.endedOn(day(Date.parse(one.ended_at), this.zone), one.ended_by ?? "")}</span>` : this.#acts(one)}</td>
    </tr>`;
  }

  #entrance(one: Person): string {
    const words = this.words;
    if (one.provider) return words.vouchedBy(one.provider);
    if (!one.password_at) return words.noPassword;
    return day(Date.parse(one.password_at), this.zone) + (one.authenticator_at ? `, ${words.hasCode}` : "");
  }

  #acts(one: Person): TemplateResult {
    const words = this.words;
    const change = (): void => {
      [this.#changing, this.#role] = [one.id, one.roles[0] ?? "enterprise-user"];
      this.requestUpdate();
    };
    return html`<button type="button" class="quiet" aria-label="${words.changePart}: ${one.name}" @click=${change}>${words.changePart}</button>
      ${one.provider ? nothing : html`<button type="button" class="quiet" aria-label="${words.resetPerson}: ${one.name}" @click=${() => this.#reset(one)}>${words.resetPerson}</button>`}
      <button type="button" class="quiet" aria-label="${words.endPerson}: ${one.name}" @click=${() => this.#end(one)}>${words.endPerson}</button>`;
  }

  #changingRow(one: Person): TemplateResult {
    return html`<tr data-person=${one.name}><th scope="row">${one.name}</th><td colspan="5"><form class="entry" data-form="change" @submit=${(event: SubmitEvent) => this.#change(event, one)}>
      ${this.#part(this.#role, one.areas ?? [])}<button type="submit">${this.words.changePart}</button></form></td></tr>`;
  }

  protected override forget(): void {
    [this.#done, this.#made] = ["", null];
  }

  readonly #add = (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    return this.act(async () => {
      const name = typed(form, "name");
      this.#hand(await post<MadePerson>("/people", { name, ...partIn(form) }));
      form.reset();
    });
  };

  #hand({ link, person }: MadePerson): void {
    this.#made = { told: (words) => words.handOver(person.name), path: link };
  }

  #change(event: SubmitEvent, one: Person): Promise<void> {
    event.preventDefault();
    const part = partIn(event.target as HTMLFormElement);
    return this.act(async () => {
      await post<Person>(`/people/${one.id}/change`, part);
      [this.#changing, this.#done] = [null, this.words.changed];
    });
  }

  async #reset(one: Person): Promise<void> {
    if (!window.confirm(this.words.resetAsk(one.name))) return;
    await this.act(async () => {
      this.#hand(await post<MadePerson>(`/people/${one.id}/reset`, {}));
    });
  }

  async #end(one: Person): Promise<void> {
    if (!window.confirm(this.words.endAsk(one.name))) return;
    await this.act(async () => {
      await post<Person>(`/people/${one.id}/end`, {});
    });
  }

  readonly #copied = (): void => {
    this.#done = this.words.copied;
    this.requestUpdate();
  };
}

/** What a form says of role and areas. */
function partIn(form: HTMLFormElement): { roles: string[]; whole_park?: true; areas?: string[] } {
  const data = new FormData(form);
  const [role, area] = [String(data.get("role")), String(data.get("area") ?? "")];
  return { roles: [role], ...(area ? { areas: [area] } : { whole_park: true }) };
}

customElements.define("pw-people", People);
