/** <pw-cost-hours>: cost and CO2 of every hour of a month. */

import { html, type TemplateResult } from "lit";
import { get, type EmissionReport } from "../api.ts";
import { parkOf } from "../areas.ts";
import { fixed } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import "../parts/exhibit.ts";
import type { DrawShown } from "../parts/exhibit.ts";
import { saidText } from "./said.ts";
import type { Sheet } from "../parts/sheet.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { clock, day } from "../time.ts";
import type { Costs } from "./answers.ts";
import { dayAfter } from "./days.ts";

const MEASURES = ["cost", "co2", "kwh"] as const;
type Measure = (typeof MEASURES)[number];
const REFRESH_MS = 900_000;

interface Hour {
  at: number;
  day: string;
  hour: string;
  kwh: number | null;
  cost: number | null;
  co2: number | null;
  coverage: number | null;
  estimated: boolean;
}

interface Month {
  hours: Hour[];
  costs: Costs;
}

class CostHours extends Asking<Month> {
  static override properties = { first: { attribute: false }, last: { attribute: false } };
  declare first: string;
  declare last: string;

  get #measure(): Measure {
    return MEASURES.find((measure) => measure === store.route.show) ?? "cost";
  }

  get #area(): string {
    return store.route.area ?? parkOf(store.site?.areas ?? [])?.code ?? "";
  }

  protected override get question(): string {
    return [this.first, this.last, this.#area, Math.floor(store.now() / REFRESH_MS)].join();
  }

  protected override async ask(): Promise<Month> {
    const query = { from: this.first, to: dayAfter(this.last), step: "hour", by: "area", area: this.#area };
    const [costs, emissions] = await Promise.all([get<Costs>("/cost", query), get<EmissionReport>("/emissions", query)]);
    return { costs, hours: this.#hours(costs, emissions) };
  }

  /** Hours that have come, each with what was bought. */
  #hours(costs: Costs, emissions: EmissionReport): Hour[] {
    const bought = costs.series[0];
    const co2 = emissions.series.find((one) => one.quantity === "energy_import" && one.gas === "CO2");
    return costs.times.map((text, i) => {
      const at = Date.parse(text);
      const [kwh, cost] = [bought?.amounts[i] ?? null, bought?.costs[i] ?? null];
      return { at, day: day(at, this.zone), hour: clock(at, this.zone), kwh, cost, co2: co2?.values[i] ?? null, coverage: bought?.coverage[i] ?? null, estimated: bought?.estimated[i] ?? false };
    }).filter((hour) => hour.at <= store.now());
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const named = { cost: words.charge, co2: words.co2, kwh: words.bought };
    return html`<header class="report-head">
        <h2>${words.everyHour} <span class="subject">${words.everyHourSubject}</span></h2>
        <nav class="periods" aria-label=${words.measure}>
          ${MEASURES.map((measure) => html`<a href=${href({ ...store.route, show: measure === "cost" ? null : measure })} aria-current=${String(measure === this.#measure)}>${named[measure]}</a>`)}
        </nav>
      </header>
      ${this.body()}`;
  }

  protected override filled({ hours, costs }: Month): TemplateResult {
    const words = this.words;
    const measure = this.#measure;
    const unit = { cost: costs.currency, co2: "kg", kwh: "kWh" }[measure];
    const days = [...new Set(hours.map((hour) => hour.day))];
    const missing = costs.series[0]?.shortfalls ?? [];
    if (!hours.some((hour) => hour[measure] !== null))
      return html`<p class="empty">${words.noEnergy}</p>${missing.map((one) => html`<p class="low">${saidText(one.reason, store.route.language)}</p>`)}`;
    return html`<pw-exhibit
      .heading=${`${words.everyHour} · ${this.name(costs.series[0]?.name, this.#area)} · ${this.first} – ${this.last} [${unit}]`}
      .file=${`hours-${this.#area}-${this.first}-${this.last}`}
      .sheet=${this.#sheet(hours, costs.currency)}
      .keys=${[]}
      .height=${days.length * 14 + 84}
      .draw=${this.#draw(hours, days, measure, unit)}
      .version=${[measure, this.first, this.#area, hours.length, hours.at(-1)?.cost].join()}
    ></pw-exhibit>`;
  }

  #sheet(hours: readonly Hour[], currency: string): Sheet {
    const words = this.words;
    return {
      columns: [
        { name: words.time }, { name: words.bought, unit: "kWh", number: true, decimals: 1 },
        { name: words.charge, unit: currency, number: true, decimals: 2 }, { name: words.co2, unit: "kg", number: true, decimals: 1 },
        { name: words.coverage, unit: "%", number: true, decimals: 0 }, { name: words.estimated },
      ],
      rows: hours.map((hour) => [
        `${hour.day} ${hour.hour}`, hour.kwh, hour.cost, hour.co2, hour.coverage === null ? null : Math.floor(100 * hour.coverage), hour.estimated ? "~" : "",
      ]),
    };
  }

  #draw(hours: readonly Hour[], days: readonly string[], measure: Measure, unit: string): DrawShown {
    const token = { cost: "band-peak", co2: "ink-2", kwh: "electricity" }[measure];
    const clocks = Array.from({ length: 24 }, (_, i) => `${String(i).padStart(2, "0")}:00`);
    const known = hours.filter((hour) => hour[measure] !== null);
    const most = Math.max(...known.map((hour) => hour[measure] ?? 0), 1e-9);
    return (tint, width) => ({
      grid: { left: 52, right: 8, top: 8, bottom: 68 },
      tooltip: { renderMode: "richText", formatter: ({ data }: { data: [number, number, number] }) => `${days[data[1]]} ${clocks[data[0]]}\n${fixed(data[2], measure === "cost" ? 2 : 1)} ${unit}` },
      xAxis: { type: "category", data: clocks, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: tint("ink-2"), interval: width < 560 ? 5 : 2 } },
      yAxis: { type: "category", inverse: true, data: days.map((one) => one.slice(5)), axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: tint("ink-2"), interval: 1 } },
      visualMap: {
        min: 0, max: most, orient: "horizontal", left: "center", bottom: 4, itemHeight: Math.min(240, width - 140), itemWidth: 10, hoverLink: false,
        inRange: { color: [tint("background"), tint(token)] }, textStyle: { color: tint("ink-2") },
        text: [`${fixed(most, 0)} ${unit}`, "0"],
      },
      series: [{ type: "heatmap", data: known.map((hour) => [clocks.indexOf(`${hour.hour.slice(0, 2)}:00`), days.indexOf(hour.day), hour[measure]]), itemStyle: { borderColor: tint("surface"), borderWidth: 1 } }],
    });
  }
}

customElements.define("pw-cost-hours", CostHours);
