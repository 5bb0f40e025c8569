/** <pw-walls>: links of wall displays: made, listed, revoked; each is a key of the guest, shown once. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, type Schemas } from "../api.ts";
import { Acting } from "../parts/acting.ts";
import { copier } from "../parts/copier.ts";
import { typed } from "../parts/form.ts";
import { store } from "../store.ts";
import { moment } from "../time.ts";

type Key = Schemas["KeyEntry"];
const MARK = "wall: ";

class Walls extends Acting<Schemas["KeyList"]> {
  #copied = false;
  #made = "";

  protected override get question(): string {
    return "walls";
  }

  protected override ask(): Promise<Schemas["KeyList"]> {
    return get("/keys");
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<h2>${words.wallLink} <span class="subject">${words.wallLinkSubject}</span></h2>
      ${this.#link()}${this.refused()}
      ${this.body()}
      <form class="entry" data-form="wall" @submit=${this.#hang}>
        <label>${words.wallPlace}<input name="place" required maxlength="50" autocomplete="off" /></label><button type="submit">${words.makeWallLink}</button>
      </form>`;
  }

  /** The link that was just made. */
  #link(): TemplateResult | typeof nothing {
    if (!this.#made) return nothing;
    return html`<div class="handing" role="status"><p>${this.words.wallLinkMade}</p>
      <p><code class="secret">${this.#made}</code> ${this.#copied ? html`<span class="good">✓ ${this.words.copied}</span>` : copier(this.words, this.#made, this.#kept)}</p></div>`;
  }

  protected override filled({ keys }: Schemas["KeyList"]): TemplateResult {
    const words = this.words;
    const walls = keys.filter((one) => !one.revoked_at && one.roles.join() === "guest");
    if (walls.length === 0) return html``;
    return html`<table class="cards">
      <thead><tr>${[words.wallPlace, words.keyMadeBy, words.keyUsed, ""].map((head) => html`<th scope="col">${head || html`<span class="hidden">${words.keyRevoke}</span>`}</th>`)}</tr></thead>
      <tbody>${walls.map((one) => this.#row(one))}</tbody></table>`;
  }

  #row(one: Key): TemplateResult {
    const words = this.words;
    const place = one.name.startsWith(MARK) ? one.name.slice(MARK.length) : one.name;
    const used = one.secrets.map((each) => each.last_used_at ?? "").sort().at(-1);
    return html`<tr data-wall=${place}>
      <th scope="row">${place}</th>
      <td data-label=${words.keyMadeBy}><span>${one.created_by} <span class="unit nowrap">${this.#at(one.created_at)}</span></span></td>
      <td data-label=${words.keyUsed} class="nowrap">${used ? this.#at(used) : words.never}</td>
      <td class="acts"><button type="button" class="quiet" aria-label="${words.keyRevoke}: ${place}" @click=${() => this.#revoke(one, place)}>${words.keyRevoke}</button></td>
    </tr>`;
  }

  #at(time: string): string {
    return moment(Date.parse(time), this.zone);
  }

  /** The key stands behind the mark #, which browsers send to no server. */
  readonly #hang = (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    return this.act(async () => {
      const name = `${MARK}${typed(form, "place")}`;
      const { secret } = await post<Schemas["MadeKey"]>("/keys", { name, roles: ["guest"], whole_park: true });
      this.#made = `${location.origin}/live?wall=1&lang=${store.route.language}#key=${secret}`;
      form.reset();
    });
  };

  async #revoke(one: Key, place: string): Promise<void> {
    if (!confirm(this.words.wallRevokeSure(place))) return;
    await this.act(async () => {
      await post(`/keys/${one.id}/revocation`, {});
    });
  }

  readonly #kept = (): void => {
    this.#copied = true;
    this.requestUpdate();
  };

  protected override forget(): void {
    [this.#made, this.#copied] = ["", false];
  }
}

customElements.define("pw-walls", Walls);
