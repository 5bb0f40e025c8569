/** <pw-finder>: any meter, area or page by a key and a few letters. */

import { html, nothing, type TemplateResult } from "lit";
import { scaleFor } from "../numbers.ts";
import { figure } from "../parts/figure.ts";
import { stateDot } from "../parts/state.ts";
import { icon } from "../parts/icons.ts";
import { View } from "../parts/view.ts";
import { href, PAGES } from "../route.ts";
import { store } from "../store.ts";
import { found, type Entry } from "./found.ts";

const MOST = 9;
const TYPING = "input, textarea, select, [contenteditable]";

interface Target extends Entry {
  id: string;
  label: string;
  detail: string;
  address: string;
  meter?: string;
}

class Finder extends View {
  #typed = "";
  #chosen = 0;
  readonly #key = (event: KeyboardEvent): void => this.#pressed(event);

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#key);
  }

  override disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#key);
    super.disconnectedCallback();
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  #pressed(event: KeyboardEvent): void {
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !(event.target as Element).closest(TYPING);
    const letter = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (!slash && !letter) return;
    event.preventDefault();
    this.#open();
  }

  readonly #open = (): void => {
    if (this.#dialog?.open !== false) return;
    [this.#typed, this.#chosen] = ["", 0];
    const input = this.#dialog.querySelector("input");
    if (input) input.value = "";
    this.#dialog.showModal();
    this.requestUpdate();
  };

  protected override render(): TemplateResult {
    const words = this.words;
    const open = this.#dialog?.open === true;
    const targets = open ? this.#found() : [];
    return html`<button type="button" class="quiet" aria-label=${words.find} aria-keyshortcuts="/ Control+K" title=${words.findKey} @click=${this.#open}>${icon("search")}</button>
      <dialog class="finder" aria-label=${words.find} @click=${this.#outside} @close=${() => this.requestUpdate()}>
        <div class="finder-box">
          <div class="finder-head">
            ${icon("search")}
            <input role="combobox" autocomplete="off" spellcheck="false" aria-label=${words.find} placeholder=${words.find}
              aria-expanded=${String(targets.length > 0)} aria-controls="found" aria-activedescendant=${targets[this.#chosen]?.id ?? ""}
              @input=${this.#type} @keydown=${(event: KeyboardEvent) => this.#steer(event, targets)} />
            <button type="button" class="quiet" @click=${() => this.#dialog?.close()}>${words.close}</button>
          </div>
          ${open && targets.length === 0 ? html`<p class="empty" role="status">${words.findNone(this.#typed)}</p>` : nothing}
          <ul id="found" role="listbox" aria-label=${words.findAll}>${targets.map((one, i) => this.#line(one, i))}</ul>
          <p class="hint">${words.findHint}</p>
        </div>
      </dialog>`;
  }

  #line(target: Target, place: number): TemplateResult {
    const row = target.meter ? store.live?.meters.get(target.meter) : undefined;
    return html`<li id=${target.id} role="option" aria-selected=${String(place === this.#chosen)} @click=${() => this.#go(target)}>
      <span class="found-name">${row ? stateDot(row.state, this.words) : nothing}${target.label}</span>
      <span class="unit">${target.detail}</span>
      <span class="found-figure">${row?.power_kw != null ? figure(row.power_kw, scaleFor("kW", [row.power_kw], 10_000), "kW", { stale: row.state === "stale", estimated: row.by_counter === true }) : nothing}</span>
    </li>`;
  }

  #found(): Target[] {
    return found(this.#typed, this.#typed ? [...this.#meters(), ...this.#areas(), ...this.#pages()] : [...this.#pages(), ...this.#meters()], MOST);
  }

  #meters(): Target[] {
    return [...store.meters.values()].map((meter) => ({
      id: `found-${meter.code}`, meter: meter.code, label: this.name(meter.name, meter.code), texts: [meter.name.en, meter.name.zh, meter.code],
      detail: this.name(store.site?.areas.find((area) => area.code === meter.area)?.name, meter.area),
      address: href({ ...store.route, page: "meters", meter: meter.code }),
    }));
  }

  #areas(): Target[] {
    return (store.site?.areas ?? []).filter((area) => area.kind === "enterprise").map((area) => ({
      id: `found-area-${area.code}`, label: this.name(area.name, area.code), texts: [area.name.en, area.name.zh, area.code],
      detail: this.words.enterprise, address: href({ ...store.route, area: area.code }),
    }));
  }

  #pages(): Target[] {
    return PAGES.map((page) => ({
      id: `found-page-${page}`, label: this.words[page], texts: [this.words[page], page], detail: this.words.findPage,
      address: href({ ...store.route, page, meter: null, source: null, view: null, by: null, show: null }),
    }));
  }

  readonly #type = (event: Event): void => {
    [this.#typed, this.#chosen] = [(event.target as HTMLInputElement).value.trim(), 0];
    this.requestUpdate();
  };

  #steer(event: KeyboardEvent, targets: readonly Target[]): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const target = targets[this.#chosen];
    if (step && targets.length > 0) this.#chosen = (this.#chosen + step + targets.length) % targets.length;
    else if (event.key === "Enter" && target && !event.isComposing) this.#go(target);
    else return;
    event.preventDefault();
    this.requestUpdate();
  }

  #go(target: Target): void {
    this.#dialog?.close();
    store.follow(new URL(target.address, location.href).href);
    window.scrollTo(0, 0);
  }

  /** A click beside the box closes it. */
  readonly #outside = (event: MouseEvent): void => {
    if (event.target === this.#dialog) this.#dialog?.close();
  };
}

customElements.define("pw-finder", Finder);
