/** <park-watt>: rail, strip and the page that the address names. */

import { html, nothing, type TemplateResult } from "lit";
import "../live/page.ts";
import { rolesOf } from "../account/names.ts";
import type { Words } from "../i18n/words.ts";
import { icon } from "../parts/icons.ts";
import { later } from "../parts/later.ts";
import { View } from "../parts/view.ts";
import { clockSeconds, moment } from "../time.ts";
import { href, PAGES, type Page } from "../route.ts";
import { may, store } from "../store.ts";
import "./enter.ts";
import { badge } from "./firing.ts";
import { message, notice } from "./notice.ts";
import "./sign-in.ts";
import "./strip.ts";

const LATER = {
  energy: () => import("../energy/page.ts"),
  carbon: () => import("../reports/carbon.ts"),
  inventory: () => import("../carbon/inventory.ts"),
  cost: () => import("../cost/page.ts"),
  alerts: () => import("../alerts/page.ts"),
  account: () => import("../account/page.ts"),
  collectors: () => import("../collectors/page.ts"),
  settings: () => import("../settings/page.ts"),
  meters: () => import("../meters/page.ts"),
  wall: () => import("../live/wall.ts"),
};

/** What each page is about, as the table of permissions has it. */
const NEEDS: Partial<Record<Page, string>> = {
  live: "see-live",
  energy: "see-energy",
  carbon: "see-energy",
  cost: "see-cost",
  meters: "see-energy",
  alerts: "see-alerts",
  collectors: "see-operation",
  settings: "see-park",
};
/** Pages about the whole park, for nobody who is let in for parts of it. */
const OF_PARK: readonly Page[] = ["collectors"];
const IN_BAR = 5;

function shows(page: Page): boolean {
  const who = store.door?.who;
  if (!who) return true;
  const needed = NEEDS[page];
  return (needed === undefined || may(needed)) && (who.areas === null || !OF_PARK.includes(page));
}

class App extends View {
  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("click", follow);
  }

  /** Drawn once where the first answers come at once, else without them first. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await store.opened;
    await super.scheduleUpdate();
  }

  protected override willUpdate(): void {
    const { language, theme, page } = store.route;
    document.documentElement.lang = this.words.locale;
    document.title = `${this.words[page]} · ${this.name(store.site?.name, "ParkWatt")}`;
    if (theme) document.documentElement.dataset["theme"] = theme;
    else delete document.documentElement.dataset["theme"];
    this.dataset["language"] = language;
    this.classList.toggle("on-wall", store.route.wall);
  }

  protected override render(): TemplateResult {
    if (store.route.wall && store.phase === "running" && shows("live")) return html`<main id="content">${this.#lost()}${later(LATER.wall, html`<pw-wall></pw-wall>`, this.words)}</main>`;
    return html`
      <a class="skip" href="#content" @click=${this.#skip}>${this.words.skip}</a>
      <pw-strip></pw-strip>
      ${this.#rail()}
      <main id="content" tabindex="-1">${this.#printed()}${this.#lost()}${this.#outdated()}${this.#content()}</main>
    `;
  }

  /** Pages after the fifth, and whoever is signed in, stand behind a button where there is only a bar. */
  #rail(): TemplateResult {
    const shown = PAGES.filter(shows);
    const entries = shown.map((page) => this.#entry(page, this.words[page]));
    const who = this.#signed();
    const further = !shown.slice(0, IN_BAR).includes(store.route.page as (typeof PAGES)[number]);
    const close = (event: Event): void => (event.currentTarget as HTMLElement).hidePopover();
    return html`<nav class="rail" aria-label=${this.words.views}>${entries.slice(0, IN_BAR)}
      ${shown.length > IN_BAR || who !== nothing ? html`<button type="button" class="rest-opener ${further ? "here" : ""}" popovertarget="rest">${icon("rest")}<span>${this.words.furtherPages}</span></button>` : nothing}
      <div id="rest" class="rest" popover @click=${close}>${entries.slice(IN_BAR)}${who}</div></nav>`;
  }

  /** Stands above the page on paper alone. */
  #printed(): TemplateResult {
    const { site, route } = store;
    const area = site?.areas.find((one) => one.code === route.area);
    return html`<p class="printed"><strong>${this.name(area?.name ?? site?.name, "ParkWatt")}</strong>${this.words[route.page]} · ${store.live ? `${moment(store.now(), this.zone)} (${this.zone})` : nothing}</p>`;
  }

  #skip(event: Event): void {
    event.preventDefault();
    document.getElementById("content")?.focus();
  }

  /** Who is signed in; nothing before that is known. */
  #signed(): TemplateResult | typeof nothing {
    const who = store.door?.who;
    return who ? html`<div class="signed">${this.#entry("account", who.kind === "person" ? who.name : this.words.account)}</div>` : nothing;
  }

  #entry(page: Page, word: string): TemplateResult {
    const here = store.route.page === page;
    return html`<a href=${href({ ...store.route, page, meter: null, view: null, by: null, show: null })} aria-current=${here ? "page" : "false"}
      >${icon(page)}<span>${word}</span>${page === "alerts" ? badge(store.firing, this.words) : nothing}</a
    >`;
  }

  #lost(): TemplateResult | typeof nothing {
    const { state, since } = store.connection;
    if (state !== "lost" || since === null || store.phase !== "running") return nothing;
    return html`<p class="banner" role="status">
      <strong>${this.words.lostTitle}</strong> ${this.words.lostText(clockSeconds(since, this.zone))}
    </p>`;
  }

  #outdated(): TemplateResult | typeof nothing {
    if (!store.outdated) return nothing;
    const again = (): void => location.reload();
    return html`<p class="banner told" role="status">
      <span><strong>${this.words.updatedTitle}</strong> ${this.words.updatedText}</span>
      <button type="button" class="primary" @click=${again}>${this.words.loadAgain}</button>
    </p>`;
  }

  #content(): TemplateResult {
    if (store.route.entering) return html`<pw-enter></pw-enter>`;
    if (store.phase === "sign-in") return html`<pw-sign-in></pw-sign-in>`;
    if (store.phase !== "running" && (store.site === null || store.phase === "no-site")) return notice(this.words);
    if (!shows(store.route.page)) return message(this.words.notYours, this.words.notYoursText(rolesOf(store.door?.who?.roles ?? [], this.words)));
    return PAGE[store.route.page](this.words);
  }
}

const PAGE: Record<Page, (words: Words) => TemplateResult> = {
  live: () => html`<pw-live></pw-live>`,
  energy: (words) => later(LATER.energy, html`<pw-energy-page></pw-energy-page>`, words),
  carbon: (words) => html`<nav class="periods views" aria-label=${words.carbon}>${carbonViews(words)}</nav>${carbon(words)}`,
  cost: (words) => later(LATER.cost, html`<pw-cost></pw-cost>`, words),
  meters: (words) => later(LATER.meters, html`<pw-meters></pw-meters>`, words),
  alerts: (words) => later(LATER.alerts, html`<pw-alerts></pw-alerts>`, words),
  collectors: (words) => later(LATER.collectors, html`<pw-collectors></pw-collectors>`, words),
  settings: (words) => later(LATER.settings, html`<pw-settings></pw-settings>`, words),
  account: (words) => later(LATER.account, html`<pw-account></pw-account>`, words),
};

function carbon(words: Words): TemplateResult {
  if (store.route.view === "inventory") return later(LATER.inventory, html`<pw-inventory></pw-inventory>`, words);
  return later(LATER.carbon, html`<pw-carbon></pw-carbon>`, words);
}

function carbonViews(words: Words): TemplateResult[] {
  const entry = (view: string | null, word: string): TemplateResult =>
    html`<a href=${href({ ...store.route, view, show: null })} aria-current=${store.route.view === view ? "page" : "false"}>${word}</a>`;
  return [entry(null, words.byDay), entry("inventory", words.inventory)];
}

/** Links inside the page change the address without loading it anew. */
function follow(event: MouseEvent): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[href^='/']");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  store.follow(link.href);
  window.scrollTo(0, 0);
}

customElements.define("park-watt", App);
