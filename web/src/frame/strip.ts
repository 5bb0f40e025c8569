/** <pw-strip>: what is always in sight: where, band, power, demand, CO2, connection, language, theme. */

import { html, nothing, type TemplateResult } from "lit";
import type { AreaLive, BandNow, ParkLive } from "../api.ts";
import { parkOf, partsOf } from "../areas.ts";
import { span } from "../i18n/words.ts";
import { fixed, percent, scaleFor } from "../numbers.ts";
import { bandName, bandToken } from "../parts/band.ts";
import { figure, measured } from "../parts/figure.ts";
import { icon } from "../parts/icons.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { clock, clockSeconds } from "../time.ts";
import "./finder.ts";
import { openAlerts } from "./firing.ts";

class Strip extends View {
  protected override render(): TemplateResult {
    if (store.phase === "sign-in" || store.phase === "no-site") return this.#outside();
    const live = store.live;
    const area = store.route.area ? live?.areas.get(store.route.area) : undefined;
    return html`<header class="strip ${store.connection.state === "lost" ? "is-stale" : ""}">
      ${this.#picker()} ${live?.park.band ? this.#band(live.park.band) : nothing}
      ${live ? this.#totals(live.park, area) : nothing}
      <div class="strip-end">${this.#connection()} <pw-finder></pw-finder> ${this.#wall()} ${this.#language()} ${this.#theme()}</div>
    </header>`;
  }

  /** Before there is a park to look at. */
  #outside(): TemplateResult {
    return html`<header class="strip"><strong class="outside">ParkWatt</strong>
      <div class="strip-end">${this.#language()} ${this.#theme()}</div></header>`;
  }

  #picker(): TemplateResult {
    const areas = partsOf(store.site?.areas ?? []);
    const chosen = store.route.area ?? "";
    return html`<label class="picker">
      <span class="hidden">${this.words.areaPicker}</span>
      <select @change=${(event: Event) => store.go({ area: (event.target as HTMLSelectElement).value || null })}>
        ${store.site === null || parkOf(store.site.areas) ? html`<option value="" ?selected=${chosen === ""}>${this.name(store.site?.name, this.words.wholePark)}</option>` : nothing}
        ${areas.map(
          (area) => html`<option value=${area.code} ?selected=${chosen === area.code}>${this.name(area.name)}</option>`,
        )}
      </select>
    </label>`;
  }

  #band(band: BandNow): TemplateResult {
    const words = this.words;
    const name = (code: string): string => bandName(store.site, code, store.route.language);
    const wait = band.until ? span((Date.parse(band.until) - store.now()) / 1000, store.route.language) : "";
    return html`<div class="band band-${bandToken(band.code)}" role="group" aria-label=${words.tariffBand}>
      <span class="band-line">
        <span class="band-name">${name(band.code)}</span>
        <span class="price">${band.price === null ? words.noPrice : this.#price(band.price, band.currency)}</span>
      </span>
      <span class="band-line">
      ${band.fictitious ? html`<span class="tag" title=${words.fictitiousHint}>${words.fictitious}</span>` : nothing}
      ${band.next && band.until
        ? html`<span class="next" title=${clock(Date.parse(band.until), this.zone)}
            >${words.nextBand(name(band.next.code), wait)}</span
          >`
        : nothing}
      </span>
    </div>`;
  }

  #price(price: number, currency: string): TemplateResult {
    return html`<span class="digits">${fixed(price, 4)}</span> <span class="unit">${this.words.perUnit(currency)}</span>`;
  }

  #totals(park: ParkLive, area: AreaLive | undefined): TemplateResult {
    const shown = area ?? park;
    const words = this.words;
    return html`<dl class="totals">
      <div>
        <dt>${words.power}</dt>
        <dd data-figure="power">${figure(shown.power_kw, scaleFor("kW", [shown.power_kw]), "kW")} ${measured(shown.coverage, words)}</dd>
      </div>
      ${area || park.contract_share === null ? nothing : this.#contract(park.contract_share)}
      <div>
        <dt title=${words.co2RateHint}>${words.co2Rate}</dt>
        <dd>
          ${figure(shown.co2_kg_per_h, scaleFor("kg/h", [shown.co2_kg_per_h]), "kg/h")}
          ${shown.co2_kg_per_h === null ? nothing : measured(shown.co2_coverage, words)}
        </dd>
      </div>
      ${openAlerts(store.firing, store.route, words)}
    </dl>`;
  }

  #contract(share: number): TemplateResult {
    const level = share > 1 ? "bad" : share > 0.9 ? "warning" : "calm";
    return html`<div class="contract level-${level}">
      <dt>${this.words.ofDemand}</dt>
      <dd><span class="digits">${percent(share)}</span> <span class="unit">%</span></dd>
    </div>`;
  }

  #connection(): TemplateResult {
    const { state, since } = store.connection;
    const words = this.words;
    const text =
      state === "live"
        ? words.connected
        : state === "lost" && since !== null
          ? words.disconnected(clockSeconds(since, this.zone))
          : words.connecting;
    return html`<span class="connection connection-${state}" aria-label="${words.connection}: ${text}">
      <span class="lamp"></span><span class="word">${text}</span>
      ${since === null ? nothing : html`<span class="clock">${clockSeconds(since, this.zone)}</span>`}
    </span>`;
  }

  #wall(): TemplateResult | typeof nothing {
    if (store.route.page !== "live") return nothing;
    const label = this.words.wallOpen;
    return html`<button class="quiet wall-button" aria-label=${label} title=${label} @click=${() => store.go({ wall: true })}>${icon("wall")}</button>`;
  }

  #language(): TemplateResult {
    const other = store.route.language === "en" ? "zh" : "en";
    return html`<button class="quiet" lang=${other} aria-label=${this.words.languageLabel} @click=${() => store.go({ language: other }, true)}>
      ${this.words.language}
    </button>`;
  }

  #theme(): TemplateResult {
    const dark = (store.route.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const label = dark ? this.words.themeToLight : this.words.themeToDark;
    return html`<button class="quiet" aria-label=${label} title=${label} @click=${() => store.go({ theme: dark ? "light" : "dark" }, true)}>
      ${icon(dark ? "sun" : "moon")}
    </button>`;
  }
}

customElements.define("pw-strip", Strip);
