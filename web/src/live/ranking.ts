/** <pw-ranking>: which loads are the largest now. */

import { html, nothing, type TemplateResult } from "lit";
import type { Area, Meter, MeterLive } from "../api.ts";
import { partOf } from "../areas.ts";
import { span } from "../i18n/words.ts";
import { NONE, percent, scaleFor, type Scale } from "../numbers.ts";
import { figure } from "../parts/figure.ts";
import { spark } from "../parts/spark.ts";
import { stateDot, stateWord } from "../parts/state.ts";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { deviationMark, deviationOf } from "./deviation.ts";
import { ranked, type Column, type Row } from "./ranked.ts";
import { Recall } from "./recall.ts";
import { Sight } from "./sight.ts";

const FIRST = 10;
const RESTED_MS = 5_000;

class Ranking extends View {
  #column: Column = "power";
  #descending = true;
  #all = false;
  readonly #recall = new Recall(store.trail);
  readonly #sight = new Sight(() => void this.#fill());

  #rested = false;
  #timer = 0;

  /** Paper has the first rows whether or not they were ever in sight. */
  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = window.setTimeout(() => {
      this.#rested = true;
      void this.#fill();
    }, RESTED_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.clearTimeout(this.#timer);
    this.#sight.close();
  }

  protected override updated(): void {
    this.#sight.watch(this.#drawn());
    void this.#fill();
  }

  protected override render(): TemplateResult {
    const rows = this.#rows();
    const shown = this.#all ? rows : rows.slice(0, FIRST);
    if (store.live && store.site) store.usual.wanted(store.now(), store.site.zone);
    return html`<h2>${this.words.largest}</h2>
      ${rows.length === 0 ? html`<p class="empty">${store.live ? this.words.noLoads : nothing}</p>` : this.#table(shown)}
      ${rows.length > FIRST ? this.#more(rows.length) : nothing}`;
  }

  #rows(): Row[] {
    const language = store.route.language;
    return ranked(store.meters, store.live?.meters ?? new Map<string, MeterLive>(), {
      area: store.route.area,
      usual: store.usual.meters,
      column: this.#column,
      descending: this.#descending,
      name: (meter) => this.name(meter.name, meter.code),
      part: (meter) => this.#part(meter)?.code ?? "",
      owner: (meter) => this.#owner(meter),
      locale: language,
    });
  }

  #table(rows: readonly Row[]): TemplateResult {
    const words = this.words;
    const scale = scaleFor("kW", rows.map((row) => row.live.power_kw), 10_000);
    return html`<table class="ranking">
      <thead>
        <tr>
          ${this.#head("name", words.name)} ${this.#head("enterprise", words.enterprise, "wide")}
          <th scope="col" class="spark-cell">${words.lastHour}</th>
          ${this.#head("power", words.power, "number")} ${this.#head("deviation", words.usualDeviation, "number deviation-cell")} ${this.#head("share", words.share, "number share")}
          ${this.#head("co2", words.co2Rate, "number wide")}
        </tr>
      </thead>
      <tbody>${rows.map((row) => this.#row(row, scale))}</tbody>
    </table>`;
  }

  #head(column: Column, label: string, style = ""): TemplateResult {
    const here = this.#column === column;
    const order = here ? (this.#descending ? "descending" : "ascending") : "none";
    return html`<th scope="col" class=${style} aria-sort=${order}>
      <button class="sort" title=${this.words.sortBy(label)} @click=${() => this.#sort(column)}>
        ${label}<span class="arrow" aria-hidden="true">${here ? (this.#descending ? "↓" : "↑") : ""}</span>
      </button>
    </th>`;
  }

  #sort(column: Column): void {
    const text = column === "name" || column === "enterprise";
    this.#descending = this.#column === column ? !this.#descending : !text;
    this.#column = column;
    this.requestUpdate();
  }

  #row({ meter, live, share }: Row, scale: Scale): TemplateResult {
    const old = live.state === "stale";
    const usual = store.usual.meters.get(meter.code);
    const name = this.name(meter.name, meter.code);
    return html`<tr class=${old ? "is-stale" : ""} data-meter=${meter.code}>
      <th scope="row">
        ${stateDot(live.state, this.words)}
        <a href=${href({ ...store.route, page: "meters", meter: meter.code })}>${name}</a>
        ${this.#age(live)} <span class="owner">${this.#owner(meter)}</span>
      </th>
      <td class="wide">${this.#owner(meter)}</td>
      <td class="spark-cell">${spark(store.trail.points(meter.code), store.now(), `${name}, ${this.words.lastHour}`)}</td>
      <td class="number">${figure(live.power_kw, scale, "kW", { stale: old, estimated: live.by_counter === true })}</td>
      <td class="number deviation-cell">${old ? NONE : deviationMark(deviationOf(live.power_kw, usual), usual, this.words)}</td>
      <td class="number share">${old ? NONE : html`${percent(share)} <span class="unit">%</span>`}</td>
      <td class="number wide">${figure(live.co2_kg_per_h, KG, "kg/h", { stale: old })}</td>
    </tr>`;
  }

  #age(live: MeterLive): TemplateResult | typeof nothing {
    if (live.state === "live" || live.time === null) return nothing;
    const age = span((store.now() - Date.parse(live.time)) / 1000, store.route.language);
    const word = live.state === "stale" ? `${stateWord("stale", this.words)} · ` : "";
    return html`<span class="age age-${live.state}">${word}${this.words.ago(age)}</span>`;
  }

  #part(meter: Meter): Area | undefined {
    return partOf(store.site?.areas ?? [], meter.area);
  }

  #owner(meter: Meter): string {
    return this.name(this.#part(meter)?.name);
  }

  #more(count: number): TemplateResult {
    const words = this.words;
    return html`<button class="quiet more" aria-expanded=${this.#all ? "true" : "false"} @click=${() => this.#toggle()}>
      ${this.#all ? words.showFewer : words.showAll(count)}
    </button>`;
  }

  #toggle(): void {
    this.#all = !this.#all;
    this.requestUpdate();
  }

  #drawn(): NodeListOf<HTMLElement> {
    return this.querySelectorAll<HTMLElement>("tbody tr");
  }

  /** Fills sparklines with what the service remembers: of rows in sight, then of the first. */
  async #fill(): Promise<void> {
    const seen = [...this.#drawn()].filter((row, at) => this.#sight.has(row) || (this.#rested && at < FIRST)).map((row) => row.dataset["meter"] ?? "");
    if (await this.#recall.wanted(seen, store.now())) this.requestUpdate();
  }
}

const KG: Scale = { unit: "kg/h", divisor: 1 };

customElements.define("pw-ranking", Ranking);
