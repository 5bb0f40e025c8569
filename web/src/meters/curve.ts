/** <pw-meter-curve>: one meter's power over the day so far, minute by minute. */

import { html, nothing, type TemplateResult } from "lit";
import type uPlot from "uplot";
import type { Meter, ReadingRun } from "../api.ts";
import { exact, scaleFor, three, type Scale } from "../numbers.ts";
import "../parts/plot.ts";
import type { Build } from "../parts/plot.ts";
import { hours } from "../parts/hours.ts";
import { kept } from "../parts/kept.ts";
import { twin } from "../parts/twin.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { clock, HOUR_MS, startOfDay } from "../time.ts";

class MeterCurve extends View {
  static override properties = { run: { attribute: false }, meter: { attribute: false } };
  declare run: ReadingRun;
  declare meter: Meter;
  #cursor: number | null = null;
  readonly #data = kept(dataOf);

  protected override render(): TemplateResult {
    const values = this.run.quantities["active_power"]?.values ?? [];
    if (!values.some((value) => value !== null)) return html`<p class="empty">${this.words.noCurve}</p>`;
    const scale = scaleFor("kW", values);
    const start = startOfDay(store.now(), this.zone);
    const times = this.run.times.map((time) => Date.parse(time));
    return html`<p class="legend"><span class="at">${this.#readout(times, values, scale)}</span></p>
      <pw-plot
        class="plot-space"
        .height=${200}
        .label="${this.words.todayCurve}, ${this.name(this.meter.name)}"
        .data=${this.#data(this.run, start, scale.divisor)}
        .version=${[store.route.language, store.route.theme, scale.unit, start, this.meter.code].join()}
        .build=${this.#options(start, scale)}
      ></pw-plot>
      ${twin(this.words, this.words.todayCurve, () => this.#table(times, values))}`;
  }

  #readout(times: readonly number[], values: readonly (number | null)[], scale: Scale): TemplateResult | typeof nothing {
    const at = this.#cursor;
    const time = at === null ? undefined : times[at];
    if (at === null || time === undefined) return html`${scale.unit}`;
    const value = values[at] ?? null;
    return html`${clock(time, this.zone)} <span class="digits">${three(value === null ? null : value / scale.divisor)}</span> ${scale.unit}`;
  }

  #options(start: number, scale: Scale): Build {
    return (colour) => ({
      cursor: { y: false, drag: { x: false, y: false } },
      legend: { show: false },
      padding: [12, 20, 0, 0],
      scales: { x: { time: false, range: [0, 24] }, y: { range: (_, low, high) => [Math.min(0, 1.1 * low), Math.max(1.1 * high, 0.001)] } },
      axes: [
        { stroke: colour("ink-2"), grid: { show: false }, ticks: { stroke: colour("line"), width: 1 }, font: FONT, size: 30, splits: hours,
          values: (_, ticks) => ticks.map((hour) => clock(start + hour * HOUR_MS, this.zone)) },
        { stroke: colour("ink-2"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: FONT, size: 56,
          values: (_, ticks) => ticks.map((tick, i) => (i === ticks.length - 1 ? `${three(tick)} ${scale.unit}` : three(tick))) },
      ],
      series: [{}, { stroke: colour("electricity"), width: 1.5, fill: colour("electricity", 0.1), points: { show: false } }],
      hooks: { setCursor: [(plot: uPlot) => this.#moved(plot.cursor.idx ?? null)] },
    });
  }

  #moved(index: number | null): void {
    if (index === this.#cursor) return;
    this.#cursor = index;
    this.requestUpdate();
  }

  #table(times: readonly number[], values: readonly (number | null)[]): TemplateResult {
    return html`<table>
      <thead><tr><th scope="col">${this.words.time}</th><th scope="col" class="number">${this.words.power} [kW]</th></tr></thead>
      <tbody>
        ${times.map((time, i) => html`<tr><th scope="row">${clock(time, this.zone)}</th><td class="number">${exact(values[i])}</td></tr>`)}
      </tbody>
    </table>`;
  }
}

function dataOf(run: ReadingRun, start: number, divisor: number): uPlot.AlignedData {
  const values = run.quantities["active_power"]?.values ?? [];
  return [
    run.times.map((time) => (Date.parse(time) - start) / HOUR_MS),
    values.map((value) => (value === null ? null : value / divisor)),
  ];
}

const FONT = "12px system-ui, sans-serif";

customElements.define("pw-meter-curve", MeterCurve);
