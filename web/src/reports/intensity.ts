/** <pw-intensity>: what a kWh carried with it, hour by hour or day by day: the park's electricity and each part's. */

import { html, type TemplateResult } from "lit";
import { get } from "../api.ts";
import { parkOf, partsOf } from "../areas.ts";
import type { Pool, Pools } from "../energy/answers.ts";
import { fixed, three } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import "../parts/exhibit.ts";
import type { DrawShown, Key } from "../parts/exhibit.ts";
import { store } from "../store.ts";
import { clock, day, iso, shortDay, startOfDay } from "../time.ts";
import { tokenOf } from "./bars.ts";

const REFRESH_MS = 300_000;
/** Longer spans are drawn by days. */
const HOURLY_DAYS = 7;
const HEIGHT = 220;
const GAS = "CO2";

interface Rate extends Key {
  values: readonly (number | null)[];
}

class Intensity extends Asking<Pools> {
  protected override get question(): string {
    return [store.route.days, day(store.now(), this.zone), Math.floor(store.now() / REFRESH_MS)].join();
  }

  protected override ask(): Promise<Pools> {
    const now = store.now();
    return get<Pools>("/pools", { from: iso(startOfDay(now, this.zone, 1 - store.route.days)), to: iso(startOfDay(now, this.zone, 1)), step: this.#step });
  }

  get #step(): string {
    return store.route.days <= HOURLY_DAYS ? "hour" : "day";
  }

  protected override render(): TemplateResult {
    return html`<h2>${this.words.carbonIntensity} <span class="subject">${this.words.carbonIntensitySubject}</span></h2>${this.body()}`;
  }

  protected override filled({ times, pools }: Pools): TemplateResult {
    const words = this.words;
    const rates = this.#rates(pools);
    if (rates.length === 0) return html`<p class="empty">${words.noEnergy}</p>`;
    const at = times.map((time) => Date.parse(time));
    const stamp = (time: number): string => (this.#step === "day" ? day(time, this.zone) : `${day(time, this.zone)} ${clock(time, this.zone)}`);
    return html`<pw-exhibit
      .heading=${`${words.carbonIntensity} [kg CO2/kWh]`} .file=${`intensity-${store.route.area ?? "park"}-${at[0] === undefined ? "" : day(at[0], this.zone)}`}
      .sheet=${{ columns: [{ name: words.date }, ...rates.map((one) => ({ name: one.name, unit: "kg CO2/kWh", number: true, decimals: 4 }))], rows: at.map((time, i) => [stamp(time), ...rates.map((one) => one.values[i] ?? null)]) }}
      .keys=${rates} .height=${HEIGHT} .draw=${this.#draw(at, rates, stamp)} .version=${JSON.stringify(rates)}
    ></pw-exhibit>`;
  }

  /** The chosen part's alone, or the park's before those of its parts. */
  #rates(pools: readonly Pool[]): Rate[] {
    const areas = store.site?.areas ?? [];
    const park = parkOf(areas)?.code;
    const parts = partsOf(areas).map((area) => area.code);
    const shown = store.route.area ? [store.route.area] : [park, ...parts];
    return shown.flatMap((code): Rate[] => {
      const pool = pools.find((one) => one.area === code && one.carrier === "electricity");
      const values = pool?.rate[GAS];
      if (!pool || !values?.some((value) => value !== null)) return [];
      return [{ name: this.name(pool.name, pool.area), token: code === park ? "ink" : tokenOf(parts.indexOf(pool.area)), values }];
    });
  }

  #draw(at: readonly number[], rates: readonly Rate[], stamp: (time: number) => string): DrawShown {
    const label = (index: string): string => {
      const time = at[Number(index)] ?? 0;
      return this.#step === "day" || clock(time, this.zone) === "00:00" ? shortDay(time, this.zone) : clock(time, this.zone);
    };
    return (tint, width, shown) => ({
      grid: { left: 56, right: 24, top: 30, bottom: 28 },
      xAxis: { type: "category", data: at.map((_, i) => String(i)), boundaryGap: false, axisTick: { show: false }, axisLine: { lineStyle: { color: tint("line") } }, axisLabel: { color: tint("ink-2"), hideOverlap: true, interval: Math.max(0, Math.ceil((at.length * 56) / width) - 1), formatter: label } },
      yAxis: { type: "value", min: 0, name: "kg/kWh", nameTextStyle: { color: tint("ink-2"), align: "right", padding: [0, 8, 0, 0] }, axisLabel: { color: tint("ink-2"), formatter: (value: number) => three(value) }, splitLine: { lineStyle: { color: tint("line") } } },
      tooltip: { trigger: "axis", renderMode: "richText", formatter: (points: { dataIndex: number; value: number | null; seriesName: string }[]) => [stamp(at[points[0]?.dataIndex ?? 0] ?? 0), ...points.map((one) => `${one.seriesName}: ${one.value == null ? "–" : fixed(one.value, 4)} kg/kWh`)].join("\n") },
      series: rates.flatMap((one, i) => (shown(i) ? [{ type: "line", name: one.name, step: "end", showSymbol: false, connectNulls: false, color: tint(one.token), lineStyle: { width: i === 0 ? 2 : 1.5 }, data: [...one.values] }] : [])),
    });
  }
}

customElements.define("pw-intensity", Intensity);
