/** What the pages of daily bars share: the period, the loading, the bars, the legend and the table. */

import { html, nothing, type TemplateResult } from "lit";
import type { Series } from "../api.ts";
import { partsOf } from "../areas.ts";
import { coverage, exact, NONE, scaleFor, three, type Scale } from "../numbers.ts";
import { daySpan } from "../live/days.ts";
import "../parts/exhibit.ts";
import type { Key } from "../parts/exhibit.ts";
import { Asking } from "../parts/asking.ts";
import type { Column, Sheet } from "../parts/sheet.ts";
import { href, PERIODS } from "../route.ts";
import { store } from "../store.ts";
import { day, iso, startOfDay } from "../time.ts";
import { dailyBars, sum, tokenOf, type Stack } from "./bars.ts";
import { keysOf, namedOf, running, stacksOf } from "./stacks.ts";

const REFRESH_MS = 60_000;
const HEIGHT = 240;
const NEVER = { from: 0, to: 0 };

export interface Answer {
  times: string[];
  series: Series[];
}

export abstract class DailyPage<A extends Answer> extends Asking<A> {
  protected abstract readonly unit: string;
  /** Name of the files, without what is shown of it. */
  protected abstract readonly file: string;
  protected abstract heading(): string;
  protected abstract asked(query: Record<string, string>): Promise<A>;
  /** The total of a day as its table shows it. */
  protected figure(text: string, _day: string): TemplateResult | string {
    return text;
  }

  protected abstract below(answer: A): TemplateResult | typeof nothing;

  /** A day's bar was clicked. */
  protected abstract picked(day: string): void;

  protected override get question(): string {
    return [store.route.days, day(store.now(), this.zone), Math.floor(store.now() / REFRESH_MS)].join();
  }

  protected override ask(): Promise<A> {
    const now = store.now();
    const from = startOfDay(now, this.zone, 1 - store.route.days);
    const to = startOfDay(now, this.zone, 1);
    return this.asked({ from: iso(from), to: iso(to), step: "day", by: "area" });
  }

  protected override render(): TemplateResult {
    return html`<div class="report">
      <section class="panel">
        <header class="report-head">
          <h1>${this.heading()}</h1>
          ${this.#periods()}
        </header>
        ${this.body()}
      </section>
      ${this.answer ? this.below(this.answer) : nothing}
    </div>`;
  }

  #periods(): TemplateResult {
    return html`<nav class="periods" aria-label=${this.words.period}>
      ${PERIODS.map((days) => html`<a href=${href({ ...store.route, days })} aria-current=${days === store.route.days ? "true" : "false"}
        >${this.words.days(days)}</a
      >`)}
    </nav>`;
  }

  protected override filled(whole: A): TemplateResult {
    const chosen = store.route.area;
    const parts = partsOf(store.site?.areas ?? []).map((area) => area.code);
    const answer = { ...whole, series: whole.series.filter((one) => parts.includes(one.key)) };
    const series = answer.series.filter((one) => !chosen || one.key === chosen);
    if (!series.some((one) => one.values.some((value) => value !== null))) return html`<p class="empty">${this.words.noEnergy}</p>`;
    return this.#drawn(answer, series);
  }

  #drawn(answer: A, series: readonly Series[]): TemplateResult {
    const order = partsOf(store.site?.areas ?? []).map((area) => area.code);
    const named = namedOf(keysOf(series));
    const days = answer.times.map((time) => daySpan(Date.parse(time), this.zone, 0));
    const labels = days.map((span) => day(span.from, this.zone));
    const stacks = stacksOf(labels, series, named).map((stack, i) => running(stack, days[i] ?? NEVER, store.now()));
    const scale = scaleFor(this.unit, stacks.map((stack) => sum(stack.parts)), 10_000);
    const known = named.map((one): Key => ({ name: this.name(one.name, one.key), token: tokenOf(order.indexOf(one.key)) }));
    const keys = (stacks[0]?.parts.length ?? 0) > known.length ? [...known, { name: this.words.others, token: tokenOf(-1) }] : known;
    return html`<pw-exhibit
        .heading=${`${this.heading()} [${scale.unit}]`} .file=${`${this.file}-${store.route.area ?? "park"}-${labels[0] ?? ""}`}
        .sheet=${this.#sheet(stacks, keys)} .keys=${keys} .height=${HEIGHT} .tabled=${true} .draw=${dailyBars(stacks, keys, scale)}
        .note=${html`<span class="key-note"><span class="swatch hatched"></span>~ ${this.words.estimated}</span>`}
        .pick=${(data: unknown) => this.picked((data as { day?: string }).day ?? "")}
        .version=${[labels[0], scale.unit, ...stacks.map((stack) => `${sum(stack.parts)}${stack.estimated}`)].join()}
      ></pw-exhibit>
      ${this.#table(stacks, keys, scale)}`;
  }

  #sheet(stacks: readonly Stack[], keys: readonly Key[]): Sheet {
    const column = (name: string): Column => ({ name, unit: this.unit, number: true });
    return {
      columns: [{ name: this.words.date }, column(this.words.total), { name: this.words.estimated }, { name: this.words.coverage, unit: "%", number: true }, ...keys.map((key) => column(key.name))],
      rows: stacks.map((stack) => [stack.label, sum(stack.parts), stack.estimated ? "~" : "", stack.coverage === null ? null : Math.floor(100 * stack.coverage + 1e-9), ...stack.parts]),
    };
  }

  #table(stacks: readonly Stack[], legend: readonly Key[], scale: Scale): TemplateResult {
    const words = this.words;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.asTable(this.heading())}>
      <table>
        <thead>
          <tr>
            <th scope="col">${words.date}</th>
            <th scope="col" class="number">${words.total} <span class="unit">${scale.unit}</span></th>
            <th scope="col" class="number">${words.coverage}</th>
            ${legend.map((entry) => html`<th scope="col" class="number">${entry.name}</th>`)}
          </tr>
        </thead>
        <tbody>${[...stacks].reverse().map((stack) => this.#row(stack, scale))}</tbody>
      </table>
    </div>`;
  }

  #row(stack: Stack, scale: Scale): TemplateResult {
    const total = sum(stack.parts);
    const write = (value: number | null): string => three(value === null ? null : value / scale.divisor);
    const sign = stack.estimated && total !== null ? "~" : "";
    return html`<tr>
      <th scope="row">${stack.label}${stack.running ? html` <span class="unit so-far">${this.words.dayRuns}</span>` : nothing}</th>
      <td class="number" title="${exact(total)} ${this.unit}">${this.figure(`${sign}${write(total)}`, stack.label)}</td>
      <td class="number ${(stack.coverage ?? 1) < 0.95 ? "low" : ""}">${stack.coverage === null ? NONE : html`${coverage(stack.coverage)} <span class="unit">%</span>`}</td>
      ${stack.parts.map((part) => html`<td class="number" title="${exact(part)} ${this.unit}">${write(part)}</td>`)}
    </tr>`;
  }
}

