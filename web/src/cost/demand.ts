/** <pw-demand-month>: the maximum so far, the block that runs, load duration and the months before. */

import { html, nothing, svg, type TemplateResult } from "lit";
import { get, type Demand } from "../api.ts";
import { parkOf } from "../areas.ts";
import { span } from "../i18n/words.ts";
import { fixed, NONE, percent, three } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import "../parts/exhibit.ts";
import type { DrawShown } from "../parts/exhibit.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { clock, day } from "../time.ts";
import type { DemandMonth } from "./answers.ts";
import { shifted } from "./days.ts";
import { monthPicker } from "./month.ts";

const REFRESH_MS = 60_000;
const MONTHS = 12;

interface Shown {
  month: DemandMonth;
  /** The oldest first; months that cannot be asked for are left out. */
  before: DemandMonth[];
}

class DemandView extends Asking<Shown> {
  #history: { key: string; months: DemandMonth[] } = { key: "", months: [] };

  get #area(): string {
    return store.route.area ?? parkOf(store.site?.areas ?? [])?.code ?? "";
  }

  protected override get question(): string {
    const { month } = store.route;
    return [this.#area, month, month === null ? Math.floor(store.now() / REFRESH_MS) : ""].join();
  }

  protected override async ask(): Promise<Shown> {
    const area = this.#area;
    const month = await get<DemandMonth>("/demand", { area, ...(store.route.month ? { month: store.route.month } : {}) });
    const key = `${area}|${month.month}`;
    if (this.#history.key !== key) {
      const labels = Array.from({ length: MONTHS - 1 }, (_, i) => shifted(month.month, i + 1 - MONTHS));
      this.#history = { key, months: await Promise.all(labels.map((label) => get<DemandMonth>("/demand", { area, month: label }))) };
    }
    return { month, before: this.#history.months };
  }

  protected override render(): TemplateResult {
    return html`<div class="report">
      <section class="panel">
        <header class="report-head"><h2>${this.words.demand}</h2>${monthPicker(this.words, this.zone)}</header>
        ${this.body()}
      </section>
      ${this.answer ? html`${this.#duration(this.answer.month)}${this.#months(this.answer)}` : nothing}
    </div>`;
  }

  protected override filled({ month }: Shown): TemplateResult {
    const words = this.words;
    const maximum = month.maximum;
    const limit = month.contract_kw;
    const at = maximum?.start ? Date.parse(maximum.start) : null;
    const share = maximum?.kw != null && limit ? maximum.kw / limit : null;
    return html`<dl class="totals facts-row">
        <div><dt>${words.monthMaximum}</dt>
          <dd class="headline"><span class="digits">${three(maximum?.kw)}</span> <span class="unit">kW</span></dd></div>
        <div><dt>${words.reachedAt}</dt><dd class="plain nowrap">${at === null ? NONE : `${day(at, this.zone)} ${clock(at, this.zone)}`}</dd></div>
        ${limit === null ? nothing : html`<div><dt>${words.contract}</dt><dd><span class="digits">${fixed(limit, 0)}</span> <span class="unit">kW</span></dd></div>
          <div><dt>${words.ofDemand}</dt><dd class=${share !== null && share > 1 ? "low" : ""}><span class="digits">${percent(share)}</span> <span class="unit">%</span></dd></div>
          <div><dt>${words.doubleAbove}</dt><dd class="plain">${fixed(month.double_above_kw, 0)} <span class="unit">kW</span></dd></div>`}
        <div><dt>${words.chargedBy}</dt><dd class="plain">${this.#basis(month)}</dd></div>
      </dl>
      ${maximum === null ? html`<p class="empty">${words.noLoad}</p>` : html`<p class="hint">${words.windows(String(maximum.window_s / 60), String(maximum.windows), String(maximum.unmeasured))}</p>`}
      ${month.running ? this.#running(month.running, month) : nothing}
      ${store.route.area === null ? nothing : html`<p class="hint">${words.blockOfPark} <a href=${href({ ...store.route, area: null })}>${words.wholePark}</a></p>`}`;
  }

  #basis(month: DemandMonth): string {
    const words = this.words;
    return month.basis === null ? words.noDemandCharge : { capacity: words.byCapacity, contract: words.byContract, actual: words.byActual }[month.basis];
  }

  #running(block: Demand, month: DemandMonth): TemplateResult {
    const words = this.words;
    const [from, end] = [Date.parse(block.block_start), Date.parse(block.block_end)];
    const limit = month.contract_kw;
    const heading = block.projected_kw;
    const level = limit === null || heading === null ? "" : heading > limit ? "bad" : heading > 0.9 * limit ? "low" : "good";
    const verdict = { "": "", bad: words.overContract, low: words.nearContract, good: words.withinContract }[level];
    const top = Math.max(1, limit ?? 0, heading ?? 0, block.so_far_kw ?? 0) * 1.08;
    const x = (kw: number): string => `${((100 * kw) / top).toFixed(2)}%`;
    return html`<h3 class="below">${words.demandTitle} <span class="subject">${clock(from, this.zone)}–${clock(end, this.zone)}, ${words.blockEnds(clock(end, this.zone), span((end - store.now()) / 1000, store.route.language))}</span></h3>
      <svg class="block-bar" width="100%" height="44" role="img" aria-label="${words.projected}: ${three(heading)} kW">
        <rect class="track" width="100%" height="20" y="16" rx="3" />
        ${heading === null ? nothing : svg`<rect class="ahead level-${level}" width=${x(heading)} height="20" y="16" rx="3" />`}
        ${block.so_far_kw === null ? nothing : svg`<rect class="so-far-bar" width=${x(block.so_far_kw)} height="20" y="16" rx="3" />`}
        ${limit === null ? nothing : svg`<line class="limit" x1=${x(limit)} x2=${x(limit)} y1="10" y2="42" /><text class="tick" x=${x(limit)} y="9" text-anchor="end">${words.contract}</text>`}
      </svg>
      <dl class="totals facts-row">
        <div><dt>${words.soFar}</dt><dd><span class="digits">${three(block.so_far_kw)}</span> <span class="unit">kW</span></dd></div>
        <div><dt>${words.projected}</dt><dd class=${level}><span class="digits">${three(heading)}</span> <span class="unit">kW</span></dd></div>
        ${verdict ? html`<div><dt>${words.condition}</dt><dd class="plain ${level}">${verdict}</dd></div>` : nothing}
      </dl>`;
  }

  #duration(month: DemandMonth): TemplateResult | typeof nothing {
    const words = this.words;
    const curve = month.duration_kw;
    if (curve.length === 0) return nothing;
    return html`<section class="panel"><h2>${words.loadDuration} <span class="subject">${words.loadDurationSubject}</span></h2>
      <pw-exhibit
        .heading=${`${words.loadDuration} · ${this.#name()} · ${month.month} [kW]`} .file=${`load-duration-${month.area}-${month.month}`}
        .sheet=${{ columns: [{ name: words.shareOfTime, unit: "%", number: true }, { name: words.power, unit: "kW", number: true, decimals: 1 }], rows: curve.map((kw, i) => [i, kw]) }}
        .keys=${[]} .height=${260} .draw=${this.#curve(curve, month.contract_kw)} .version=${[month.area, month.month, curve[0], curve[50]].join()}
      ></pw-exhibit></section>`;
  }

  #name(): string {
    return this.name(store.site?.areas.find((area) => area.code === this.#area)?.name, this.#area);
  }

  #curve(curve: readonly number[], limit: number | null): DrawShown {
    return (tint, width) => ({
      ...this.#axes(tint, width, limit),
      xAxis: { type: "value", max: 100, axisLabel: { color: tint("ink-2"), formatter: "{value} %" }, splitLine: { show: false } },
      tooltip: { trigger: "axis", renderMode: "richText", formatter: ([one]: { value: [number, number] }[]) => (one ? `${one.value[0]} %\n${fixed(one.value[1], 1)} kW` : "") },
      series: [{ type: "line", showSymbol: false, color: tint("electricity"), areaStyle: { color: tint("electricity", 0.1) }, data: curve.map((kw, i) => [i, kw]), ...this.#limit(tint, limit) }],
    });
  }

  #months({ month, before }: Shown): TemplateResult | typeof nothing {
    const words = this.words;
    const months = [...before, month];
    if (!months.some((one) => one.maximum?.kw != null)) return nothing;
    const version = months.map((one) => one.maximum?.kw).join();
    return html`<section class="panel"><h2>${words.demandHistory}</h2>
      <pw-exhibit
        .heading=${`${words.demandHistory} · ${this.#name()} [kW]`} .file=${`demand-${month.area}-${month.month}`}
        .sheet=${{
          columns: [{ name: words.month }, { name: words.monthMaximum, unit: "kW", number: true, decimals: 1 }, { name: words.reachedAt }, { name: words.contract, unit: "kW", number: true, decimals: 0 }, { name: words.unmeasuredWindows, number: true, decimals: 0 }],
          rows: months.map((one) => [one.month, one.maximum?.kw ?? null, one.maximum?.start?.slice(0, 16).replace("T", " ") ?? "", one.contract_kw, one.maximum?.unmeasured ?? null]),
        }}
        .keys=${[]} .height=${220} .draw=${this.#bars(months)} .version=${version}
      ></pw-exhibit></section>`;
  }

  #bars(months: readonly DemandMonth[]): DrawShown {
    return (tint, width) => ({
      ...this.#axes(tint, width, months.at(-1)?.contract_kw ?? null),
      xAxis: { type: "category", data: months.map((one) => one.month), axisTick: { show: false }, axisLine: { lineStyle: { color: tint("line") } }, axisLabel: { color: tint("ink-2") } },
      tooltip: { trigger: "item", renderMode: "richText", valueFormatter: (value: number) => `${fixed(value, 1)} kW` },
      series: [{ type: "bar", barMaxWidth: 32, color: tint("electricity"), data: months.map((one) => one.maximum?.kw ?? null), ...this.#limit(tint, months.at(-1)?.contract_kw ?? null) }],
    });
  }

  #axes(tint: Parameters<DrawShown>[0], width: number, limit: number | null): object {
    return {
      grid: { left: width < 560 ? 48 : 60, right: 24, top: 30, bottom: 28 },
      yAxis: { type: "value", min: 0, name: "kW", nameTextStyle: { color: tint("ink-2"), align: "right", padding: [0, 8, 0, 0] }, max: ({ max }: { max: number }) => niceMax(Math.max(max, limit !== null && limit < 2.5 * max ? limit : 0)), axisLabel: { color: tint("ink-2"), formatter: (value: number) => fixed(value, 0) }, splitLine: { lineStyle: { color: tint("line") } } },
    };
  }

  #limit(tint: Parameters<DrawShown>[0], limit: number | null): object {
    if (limit === null) return {};
    return { markLine: { silent: true, symbol: "none", lineStyle: { color: tint("bad"), type: "solid" }, label: { formatter: this.words.contract, position: "insideEndTop", color: tint("bad") }, data: [{ yAxis: limit }] } };
  }
}

function niceMax(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return Math.ceil((1.02 * value) / power) * power;
}

customElements.define("pw-demand-month", DemandView);
