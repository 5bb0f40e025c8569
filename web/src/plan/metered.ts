/** <pw-metered>: what a kept plan's lines drew while it had jobs on them, beside what was planned. */

import { html, type TemplateResult } from "lit";
import { get } from "../api.ts";
import { fixed } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import "../parts/exhibit.ts";
import type { DrawShown } from "../parts/exhibit.ts";
import { sheetTable, type Column, type Sheet } from "../parts/sheet.ts";
import { clock, day } from "../time.ts";
import type { MeteredPlan } from "./answers.ts";
import { path } from "./keeping.ts";

class Metered extends Asking<MeteredPlan> {
  static override properties = { code: { attribute: false }, version: { attribute: false } };
  declare code: string;
  declare version: number;

  protected override get question(): string {
    return [this.code, this.version].join();
  }

  protected override ask(): Promise<MeteredPlan> {
    return get(`${path(this.code)}/metered`, { version: String(this.version) });
  }

  protected override render(): TemplateResult {
    return this.body();
  }

  protected override filled(answer: MeteredPlan): TemplateResult {
    const words = this.words;
    if (answer.jobs.length === 0) return html`<p class="empty">${words.nothingPlaced}</p>`;
    const jobs = this.#jobs(answer);
    const heading = `${words.meteredPlan(this.code, String(this.version))} [kWh]`;
    const keys = [{ name: words.planned, token: "ink-2" }, { name: words.meteredAmount, token: "electricity" }];
    return html`${this.#table(words.jobs, jobs)}
      <pw-exhibit .heading=${heading} .file=${`plan-${this.code}-metered`} .sheet=${jobs} .keys=${keys} .height=${answer.jobs.length * 44 + 44}
        .draw=${this.#draw(answer, keys.map((key) => key.name))} .version=${JSON.stringify(answer)}></pw-exhibit>
      ${this.#table(words.jobLine, this.#lines(answer))}
      <p class="hint">${words.meteredHow}</p>`;
  }

  #table(label: string, sheet: Sheet): TemplateResult {
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>${sheetTable(sheet)}</div>`;
  }

  #energy(name: string): Column {
    return { name, unit: "kWh", number: true, decimals: 1 };
  }

  #jobs({ jobs }: MeteredPlan): Sheet {
    const words = this.words;
    return {
      columns: [{ name: words.job }, { name: words.jobLine }, { name: words.begins }, this.#energy(words.planned), this.#energy(words.meteredAmount), this.#energy(words.difference), { name: words.knownShare, unit: "%", number: true, decimals: 0 }],
      rows: jobs.map((one) => [one.code, one.line, `${day(Date.parse(one.begin), this.zone)} ${clock(Date.parse(one.begin), this.zone)}`, one.planned, one.metered, one.difference, 100 * one.known]),
    };
  }

  #lines({ lines }: MeteredPlan): Sheet {
    const words = this.words;
    return {
      columns: [{ name: words.jobLine }, this.#energy(words.planned), this.#energy(words.meteredAmount), this.#energy(words.besidesJobs), { name: words.knownShare, unit: "%", number: true, decimals: 0 }],
      rows: lines.map((one) => [one.line, one.planned, one.metered, one.outside, 100 * one.known]),
    };
  }

  #draw({ jobs }: MeteredPlan, names: readonly string[]): DrawShown {
    return (tint, width, shown) => {
      const bar = (i: number, color: string, values: readonly (number | null)[]): object => ({ type: "bar", name: names[i], barMaxWidth: 14, silent: true, color, data: shown(i) ? values : [] });
      return {
        grid: { left: width < 560 ? 90 : 140, right: 24, top: 4, bottom: 28 },
        xAxis: { type: "value", splitNumber: width < 560 ? 2 : 5, axisLabel: { color: tint("ink-2"), formatter: (value: number) => fixed(value, 0) }, splitLine: { lineStyle: { color: tint("line") } } },
        yAxis: { type: "category", inverse: true, data: jobs.map((one) => one.code), axisTick: { show: false }, axisLine: { lineStyle: { color: tint("line") } }, axisLabel: { color: tint("ink"), width: width < 560 ? 80 : 128, overflow: "truncate" } },
        series: [bar(0, tint("ink-2"), jobs.map((one) => one.planned)), bar(1, tint("electricity"), jobs.map((one) => one.metered))],
      };
    };
  }
}

customElements.define("pw-metered", Metered);
