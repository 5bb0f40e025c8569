/** <pw-inventory>: a month's emissions by scope and source, on both bases, down to readings and factor. */

import { html, nothing, type TemplateResult } from "lit";
import "../styles/cost.css";
import { get, type Inventory } from "../api.ts";
import { parkOf } from "../areas.ts";
import { dayAfter, shifted } from "../cost/days.ts";
import { monthPicker } from "../cost/month.ts";
import { coverage, fixed, NONE, scaleFor, three } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import "../parts/exhibit.ts";
import type { DrawShown, Key } from "../parts/exhibit.ts";
import type { Sheet } from "../parts/sheet.ts";
import { valueAxis } from "../parts/value-axis.ts";
import "../reports/emission-trace.ts";
import { href } from "../route.ts";
import { may, store } from "../store.ts";
import { day } from "../time.ts";
import type { InventoryLine } from "./answers.ts";
import "./periods.ts";
import "./records.ts";

const REFRESH_MS = 300_000;
const ROW = 34;
const BOUGHT_POWER = ["energy_import", "electricity"];
const SOLD = /\.sold$/;
const RETURNED = /\.returned$/;
const GAS = "CO2";

interface Source {
  name: string;
  scope: string;
  flow: string;
  kg: number | null;
  coverage: number;
}

class InventoryView extends Asking<Inventory> {
  get #area(): string {
    return store.route.area ?? parkOf(store.site?.areas ?? [])?.code ?? "";
  }

  get #month(): string {
    return store.route.month ?? day(store.now(), this.zone).slice(0, 7);
  }

  get #basis(): "location" | "market" {
    return store.route.show === "market" ? "market" : "location";
  }

  protected override get question(): string {
    return [this.#area, this.#month, Math.floor(store.now() / REFRESH_MS)].join();
  }

  protected override ask(): Promise<Inventory> {
    return get<Inventory>("/inventory", { area: this.#area, period: this.#month });
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const first = `${this.#month}-01`;
    return html`<div class="report"><section class="panel">
        <header class="report-head"><h1>${words.inventory}</h1>${monthPicker(words, this.zone)}</header>
        ${this.body()}
      </section>
      ${may("see-trace") ? html`<pw-emission-trace .from=${first} .to=${dayAfter(`${shifted(this.#month, 1)}-01`, -1)}></pw-emission-trace>` : nothing}
      ${may("see-periods") ? html`<pw-periods class="panel" .area=${this.#area}></pw-periods>` : nothing}
      ${may("see-records") ? html`<pw-records class="panel" .area=${this.#area} .month=${this.#month}></pw-records>` : nothing}
    </div>`;
  }

  protected override filled(answer: Inventory): TemplateResult {
    const words = this.words;
    const sources = this.#sources(answer);
    if (sources.length === 0) return html`<p class="empty">${words.noEnergy}</p>`;
    const scale = scaleFor("kg", sources.map((one) => one.kg), 10_000);
    const scopes = [...new Set(sources.map((one) => one.scope))].sort();
    const keys = scopes.map((scope, i) => ({ name: words.scopeNumber(scope), token: ["gas", "electricity", "cooling"][i] ?? "ink-2" }));
    return html`${this.#totals(answer, sources, scale)}
      <pw-exhibit
        .heading=${`${words.inventory} · ${this.name(store.site?.areas.find((area) => area.code === answer.area)?.name, answer.area)} · ${this.#month} [${scale.unit} CO2]`}
        .file=${`inventory-${answer.area}-${this.#month}-${this.#basis}`} .sheet=${this.#sheet(sources)} .keys=${keys}
        .height=${sources.length * ROW + 36} .draw=${this.#draw(sources, scopes, keys, scale)} .version=${JSON.stringify(sources)}
      ></pw-exhibit>
      ${answer.co2e.kg === null ? html`<p class="hint">CO₂e${words.colon}${words.noCo2e}</p>` : html`<p>CO₂e (${answer.co2e.report}): ${fixed(answer.co2e.kg / scale.divisor, 1)} <span class="unit">${scale.unit}</span></p>`}`;
  }

  #sources(answer: Inventory): Source[] {
    const lines = answer.lines.filter((line) => line.kg[GAS] != null);
    return lines.map((line) => ({ name: this.#named(line), scope: line.scope, flow: line.flow, coverage: line.coverage, kg: this.#mass(line, answer) }));
  }

  /** On the basis that is shown; bought electricity is one figure, told by its first line. */
  #mass(line: InventoryLine, answer: Inventory): number | null {
    const bought = line.flow === "bought" && BOUGHT_POWER.includes(line.name);
    if (this.#basis === "location") return line.kg[GAS] ?? null;
    if (!bought) return (line.market_kg ?? line.kg)[GAS] ?? null;
    const all = answer.lines.filter((one) => one.flow === "bought" && BOUGHT_POWER.includes(one.name));
    return all[0] === line ? (answer.market.kg[GAS] ?? null) : 0;
  }

  #named(line: InventoryLine): string {
    if (line.flow === "bought" && BOUGHT_POWER.includes(line.name)) return this.words.boughtElectricity;
    if (RETURNED.test(line.name)) return this.words.returnedElectricity;
    const name = line.name.replace(SOLD, "");
    const quantity = store.site?.quantities[name];
    const told = quantity ? this.name(quantity.name, name) : name;
    return SOLD.test(line.name) ? `${told} (${this.words.sold})` : told;
  }

  #totals(answer: Inventory, sources: readonly Source[], scale: { unit: string; divisor: number }): TemplateResult {
    const words = this.words;
    const sum = (of: readonly Source[]): number => of.reduce((all, one) => all + (one.kg ?? 0), 0);
    const write = (kg: number | null | undefined): string => (kg == null ? NONE : three(kg / scale.divisor));
    const market = answer.scope2_market[GAS];
    const location = answer.scopes["2"]?.[GAS];
    const basis = (kind: "location" | "market", word: string, kg: number | null | undefined): TemplateResult => html`<a
      href=${href({ ...store.route, show: kind === "market" ? "market" : null })} aria-current=${String(this.#basis === kind)}>${word} <b>${write(kg)}</b></a>`;
    const least = Math.min(...sources.map((one) => one.coverage));
    return html`<dl class="totals facts-row">
        <div><dt>${words.total} CO₂</dt><dd class="headline"><span class="digits">${write(sum(sources))}</span> <span class="unit">${scale.unit}</span></dd></div>
        ${Object.keys(answer.scopes).sort().map((scope) => html`<div><dt>${words.scopeNumber(scope)}</dt><dd><span class="digits">${write(sum(sources.filter((one) => one.scope === scope)))}</span> <span class="unit">${scale.unit}</span></dd></div>`)}
        <div><dt>${words.coverage}</dt><dd class=${least < 0.95 ? "low" : ""}><span class="digits">${coverage(least)}</span> <span class="unit">%</span></dd></div>
      </dl>
      <nav class="periods basis-switch" aria-label=${words.scopeNumber("2")}>${basis("location", words.basisLocation, location)}${basis("market", words.basisMarket, market)}</nav>
      ${answer.short.length > 0 ? html`<p class="low">${words.withoutFactor(answer.short.join(", "))}</p>` : nothing}`;
  }

  #sheet(sources: readonly Source[]): Sheet {
    const words = this.words;
    return {
      columns: [{ name: words.source }, { name: words.scope }, { name: words.mass, unit: "kg CO2", number: true, decimals: 1 }, { name: words.coverage, unit: "%", number: true, decimals: 1 }],
      rows: sources.map((one) => [one.name, one.scope, one.kg, 100 * one.coverage]),
    };
  }

  #draw(sources: readonly Source[], scopes: readonly string[], keys: readonly Key[], scale: { unit: string; divisor: number }): DrawShown {
    return (tint, width, shown) => ({
      grid: { left: width < 560 ? 110 : 220, right: 90, top: 4, bottom: 28 },
      xAxis: valueAxis(scale.unit, tint, width, three),
      yAxis: { type: "category", inverse: true, data: sources.map((one) => one.name), axisTick: { show: false }, axisLine: { lineStyle: { color: tint("line") } }, axisLabel: { color: tint("ink"), width: width < 560 ? 100 : 208, overflow: "truncate" } },
      series: [{
        type: "bar", barWidth: 20, silent: true,
        data: sources.map((one) => ({ value: shown(scopes.indexOf(one.scope)) ? (one.kg ?? 0) / scale.divisor : null, itemStyle: { color: tint(keys[scopes.indexOf(one.scope)]?.token ?? "ink-2") } })),
        label: { show: true, position: "right", color: tint("ink"), formatter: ({ value }: { value: number | null }) => (value == null ? "" : `${three(value)} ${scale.unit}`) },
      }],
    });
  }
}

customElements.define("pw-inventory", InventoryView);
