/** <pw-wall>: the park as it hangs on a wall: large, one enterprise after the other, without a hand. */

import { html, nothing, type TemplateResult } from "lit";
import "../styles/wall.css";
import type { Area, AreaLive, BandNow, MeterLive, ParkLive } from "../api.ts";
import { partOf, partsOf } from "../areas.ts";
import { span } from "../i18n/words.ts";
import { fixed, percent, scaleFor } from "../numbers.ts";
import { bandName, bandToken } from "../parts/band.ts";
import { figure, measured } from "../parts/figure.ts";
import { spark } from "../parts/spark.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { clockSeconds } from "../time.ts";
import "./demand.ts";
import "./load.ts";
import { generationWord, sized } from "./generation.ts";
import { ranked } from "./ranked.ts";
import { Recall } from "./recall.ts";
import { scaleOfRow } from "./sums.ts";

const TURN_MS = 12_000;
const LOADS = 5;

class Wall extends View {
  #turn = 0;
  #timer = 0;
  readonly #recall = new Recall(store.trail);

  override connectedCallback(): void {
    super.connectedCallback();
    this.#go();
  }

  override disconnectedCallback(): void {
    this.#stay();
    super.disconnectedCallback();
  }

  #go(): void {
    this.#timer = window.setInterval(() => this.#next(), TURN_MS);
  }

  #stay(): void {
    window.clearInterval(this.#timer);
    this.#timer = 0;
  }

  #next(): void {
    this.#turn++;
    this.requestUpdate();
  }

  readonly #toggle = (): void => {
    if (this.#timer) this.#stay();
    else this.#go();
    this.requestUpdate();
  };

  /** Fills the sparklines of whoever's turn it is with what the service remembers. */
  protected override async updated(): Promise<void> {
    const shown = [...this.querySelectorAll<HTMLElement>(".wall-loads [data-meter]")].map((row) => row.dataset["meter"] ?? "");
    if (shown.length > 0 && (await this.#recall.wanted(shown, store.now()))) this.requestUpdate();
  }

  protected override render(): TemplateResult | typeof nothing {
    const live = store.live;
    if (!live) return nothing;
    const lost = store.connection.state === "lost";
    return html`<div class="wall ${lost ? "is-lost is-stale" : ""}">
      <header class="wall-head"><h1>${this.name(store.site?.name)}</h1>${live.park.band ? this.#band(live.park.band) : nothing}${this.#clock(lost)}</header>
      ${this.#figures(live.park)}
      <pw-load class="panel wall-load"></pw-load>
      <pw-demand class="panel wall-demand"></pw-demand>
      ${this.#enterprise()}
    </div>`;
  }

  #clock(lost: boolean): TemplateResult {
    const at = store.connection.since;
    const time = at === null ? "" : clockSeconds(at, this.zone);
    return html`<p class="wall-clock ${lost ? "connection-lost" : ""}">${lost ? this.words.disconnected(time) : time}</p>`;
  }

  #band(band: BandNow): TemplateResult {
    const words = this.words;
    const name = (code: string): string => bandName(store.site, code, store.route.language);
    const wait = band.until ? span((Date.parse(band.until) - store.now()) / 1000, store.route.language) : "";
    return html`<p class="band band-${bandToken(band.code)}">
      <span class="band-name">${name(band.code)}</span>
      ${band.price === null ? words.noPrice : html`${fixed(band.price, 4)} <span class="unit">${words.perUnit(band.currency)}</span>`}
      ${band.next ? html`<span class="unit">${words.nextBand(name(band.next.code), wait)}${band.next.price === null ? "" : ` · ${fixed(band.next.price, 4)}`}</span>` : nothing}
      ${band.fictitious ? html`<span class="tag">${words.fictitious}</span>` : nothing}
    </p>`;
  }

  #figures(park: ParkLive): TemplateResult {
    const words = this.words;
    const share = park.contract_share;
    const level = share === null ? "" : share > 1 ? "level-bad" : share > 0.9 ? "level-warning" : "";
    const power = scaleOfRow([park.power_kw, park.generation_kw]);
    return html`<dl class="totals wall-figures">
      <div><dt>${words.power}</dt><dd>${figure(park.power_kw, power, "kW")} ${measured(park.coverage, words)}</dd></div>
      ${share === null ? nothing : html`<div class=${level}><dt>${words.ofDemand}</dt><dd><span class="digits">${percent(share)}</span> <span class="unit">%</span></dd></div>`}
      <div><dt>${words.co2Rate}</dt><dd>${figure(park.co2_kg_per_h, scaleFor("kg/h", [park.co2_kg_per_h]), "kg/h")}</dd></div>
      <div><dt>${generationWord(park.generation_kw, words, power)}</dt><dd>${figure(sized(park.generation_kw), power, "kW")}</dd></div>
    </dl>`;
  }

  #enterprise(): TemplateResult | typeof nothing {
    const parts = partsOf(store.site?.areas ?? []);
    const at = this.#turn % Math.max(1, parts.length);
    const area = parts[at];
    if (!area) return nothing;
    const words = this.words;
    return html`<section class="panel wall-turn" data-area=${area.code}>
      <header class="report-head"><h2>${this.name(area.name)} <span class="subject">${words.wallTurn(String(at + 1), String(parts.length))}</span></h2>
        <button type="button" class="quiet" aria-pressed=${String(this.#timer === 0)} @click=${this.#toggle}>${this.#timer ? words.wallPause : words.wallGo}</button>
        <button type="button" class="quiet" @click=${() => store.go({ wall: false })}>${words.wallLeave}</button></header>
      ${this.#own(store.live?.areas.get(area.code))}
      <div><h3>${words.wallLoads}</h3>${this.#loads(area)}</div>
    </section>`;
  }

  #own(row: AreaLive | undefined): TemplateResult {
    const words = this.words;
    return html`<dl class="totals">
      <div><dt>${words.power}</dt><dd>${figure(row?.power_kw, scaleFor("kW", [row?.power_kw ?? null]), "kW")} ${measured(row?.coverage, words)}</dd></div>
      <div><dt>${words.co2Rate}</dt><dd>${figure(row?.co2_kg_per_h, scaleFor("kg/h", [row?.co2_kg_per_h ?? null]), "kg/h")}</dd></div>
    </dl>`;
  }

  #loads(area: Area): TemplateResult {
    const rows = ranked(store.meters, store.live?.meters ?? new Map<string, MeterLive>(), {
      area: area.code, column: "power", descending: true, locale: store.route.language,
      name: (meter) => this.name(meter.name, meter.code), owner: () => "",
      part: (meter) => partOf(store.site?.areas ?? [], meter.area)?.code ?? "",
    }).slice(0, LOADS);
    if (rows.length === 0) return html`<p class="empty">${this.words.noLoads}</p>`;
    const scale = scaleFor("kW", rows.map((row) => row.live.power_kw), 10_000);
    return html`<ul class="wall-loads">${rows.map((row) => html`<li data-meter=${row.meter.code}>
      <span>${this.name(row.meter.name, row.meter.code)}</span>
      ${spark(store.trail.points(row.meter.code), store.now(), this.words.lastHour)}
      ${figure(row.live.power_kw, scale, "kW", { stale: row.live.state === "stale", estimated: row.live.by_counter === true })}</li>`)}</ul>`;
  }
}

customElements.define("pw-wall", Wall);
