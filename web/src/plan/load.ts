/** The load that the plan makes, quarter hour by quarter hour, under the contract. */

import { html, type TemplateResult } from "lit";
import type { Words } from "../i18n/words.ts";
import { fixed, NONE } from "../numbers.ts";
import { bandName } from "../parts/band.ts";
import "../parts/exhibit.ts";
import type { DrawShown } from "../parts/exhibit.ts";
import type { Sheet } from "../parts/sheet.ts";
import { store } from "../store.ts";
import { clock, day } from "../time.ts";
import type { Plan } from "./answers.ts";

export function planLoad(plan: Plan, first: string, words: Words, zone: string): TemplateResult {
  const keys = [{ name: words.allElse, token: "ink-2", opacity: 0.5 }, { name: words.jobs, token: "electricity" }, { name: words.ownGeneration, token: "pv" }];
  return html`<section class="panel"><h2>${words.planLoad}</h2>
    <pw-exhibit .heading=${`${words.planLoad} · ${first} [kW]`} .file=${`plan-${first}`} .sheet=${sheetOf(plan, words, zone)} .keys=${keys} .height=${240}
      .draw=${drawn(plan, words, zone, keys.map((key) => key.name))} .version=${JSON.stringify([plan.from, plan.outlook.jobs_kw])}></pw-exhibit></section>`;
}

function sheetOf({ outlook, currency }: Plan, words: Words, zone: string): Sheet {
  return {
    columns: [{ name: words.time }, { name: words.tariffBand }, { name: words.price, unit: `${currency}/kWh`, number: true }, { name: words.allElse, unit: "kW", number: true, decimals: 1 }, { name: words.ownGeneration, unit: "kW", number: true, decimals: 1 }, { name: words.jobs, unit: "kW", number: true, decimals: 1 }, { name: words.contract, unit: "kW", number: true }],
    rows: outlook.times.map((time, i) => [`${day(Date.parse(time), zone)} ${clock(Date.parse(time), zone)}`, bandName(store.site, outlook.bands[i] ?? "", store.route.language), outlook.prices[i] ?? null, outlook.base_kw[i] ?? null, outlook.sun_kw[i] ?? null, outlook.jobs_kw[i] ?? null, outlook.limit_kw]),
  };
}

function drawn({ outlook }: Plan, words: Words, zone: string, names: readonly string[]): DrawShown {
  return (tint, width, shown) => {
    const area = (i: number, token: string, data: readonly (number | null)[], stack = "load"): object => ({ type: "line", name: names[i], step: "end", showSymbol: false, stack, lineStyle: { width: 1.5 }, color: tint(token), areaStyle: stack === "load" ? { opacity: 0.2 } : undefined, data: shown(i) ? data : [] });
    const ceiling = outlook.limit_kw;
    const limit = ceiling === null ? {} : { markLine: { silent: true, symbol: "none", lineStyle: { color: tint("bad"), type: "solid" }, label: { formatter: words.contract, position: "insideEndTop", color: tint("bad") }, data: [{ yAxis: ceiling }] } };
    return {
      grid: { left: 56, right: 12, top: 28, bottom: 26 },
      tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (value: number | null) => (value === null ? NONE : `${fixed(value, 1)} kW`) },
      xAxis: { type: "category", data: outlook.times.map((time) => clock(Date.parse(time), zone)), axisLabel: { color: tint("ink-2"), interval: Math.ceil(outlook.times.length / (width < 560 ? 4 : 8)) - 1 }, axisTick: { show: false }, axisLine: { lineStyle: { color: tint("line") } } },
      yAxis: { type: "value", name: "kW", nameGap: 8, nameTextStyle: { color: tint("ink-2"), align: "right" }, max: ceiling === null ? undefined : ({ max }: { max: number }) => Math.max(max, ceiling < 2.5 * max ? ceiling : 0) * 1.05, axisLabel: { color: tint("ink-2"), showMaxLabel: ceiling === null, formatter: (value: number) => fixed(value, 0) }, splitLine: { showMaxLine: ceiling === null, lineStyle: { color: tint("line") } } },
      series: [{ ...area(0, "ink-2", outlook.base_kw), ...limit }, area(1, "electricity", outlook.jobs_kw), area(2, "pv", outlook.sun_kw, "sun")],
    };
  };
}
