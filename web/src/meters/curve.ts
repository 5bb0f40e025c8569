/** <pw-meter-curve>: one meter's day: its settled quarter hours over yesterday's, and what was read each minute. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type uPlot from "uplot";
import { get, type EnergyReport, type Meter, type ReadingRun } from "../api.ts";
import { daySpan, hasValues, QUARTER_MS, type DayLine, type Line } from "../live/days.ts";
import { scaleFor, three, unitText, type Scale } from "../numbers.ts";
import "../parts/files.ts";
import "../parts/plot.ts";
import type { Build, Colour, Plot } from "../parts/plot.ts";
import { hours } from "../parts/hours.ts";
import { kept } from "../parts/kept.ts";
import { sheetTable, type Cell, type Column, type Sheet } from "../parts/sheet.ts";
import { steps } from "../parts/steps.ts";
import { twin } from "../parts/twin.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { clock, day, HOUR_MS, iso, MINUTE_MS } from "../time.ts";
import { drawn, flowOf, minutes, quarters, spread } from "./course.ts";
import { refused } from "../parts/refused.ts";

const SETTLED_AFTER_MS = 20_000;
const READ_AGAIN_MS = 15_000;
const BRIDGED_MIN = 5;
const BRIDGED_MIN_UNSETTLED = 20;

interface Days {
  today: DayLine;
  yesterday: DayLine;
  /** Unit of the drawn amount; of an hour's flow where no gauge shows it. */
  unit: string;
}

class MeterCurve extends View {
  static override properties = { code: { attribute: false } };
  declare code: string;
  #days: Days | null = null;
  #minutes: Line | null = null;
  #asked = { days: "", minutes: "" };
  #failed = "";
  #cursor: number | null = null;
  readonly #data = kept(dataOf);

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("code")) this.#forget();
    const meter = store.meters.get(this.code);
    if (!meter || !store.live) return;
    const wanted = {
      days: `${this.code}|${Math.floor((store.now() - SETTLED_AFTER_MS) / QUARTER_MS)}`,
      minutes: `${this.code}|${Math.floor(store.now() / READ_AGAIN_MS)}`,
    };
    const before = this.#asked;
    this.#asked = wanted;
    if (wanted.days !== before.days) void this.#load(meter, wanted.days);
    if (wanted.minutes !== before.minutes) void this.#read(meter, wanted.minutes);
  }

  #forget(): void {
    this.#days = null;
    this.#minutes = null;
    this.#failed = "";
    this.#cursor = null;
  }

  async #load(meter: Meter, wanted: string): Promise<void> {
    const today = daySpan(store.now(), this.zone, 0);
    const yesterday = daySpan(store.now(), this.zone, -1);
    const flow = flowOf(meter.carrier);
    try {
      const query = { from: iso(yesterday.from), to: iso(today.to), step: "15min", by: "meter", meter: meter.code };
      const report = await get<EnergyReport>("/energy", query);
      if (wanted !== this.#asked.days) return;
      const unit = drawn(report.series, flow)[0]?.unit ?? "";
      this.#days = { today: quarters(report, flow, today), yesterday: quarters(report, flow, yesterday), unit };
      this.#failed = "";
    } catch (error) {
      this.#failed = refused(error, this.words);
      window.setTimeout(() => this.#again(wanted), READ_AGAIN_MS);
    }
    this.requestUpdate();
  }

  #again(wanted: string): void {
    if (wanted !== this.#asked.days || !this.isConnected) return;
    this.#asked = { ...this.#asked, days: "" };
    this.requestUpdate();
  }

  async #read(meter: Meter, wanted: string): Promise<void> {
    const now = store.now();
    const span = daySpan(now, this.zone, 0);
    const { gauge } = flowOf(meter.carrier);
    const query = { meter: meter.code, from: iso(span.from), to: iso(now), step: "1min", primary: "true" };
    try {
      const run = gauge ? await get<ReadingRun>("/readings", { ...query, quantity: gauge }) : null;
      if (wanted !== this.#asked.minutes) return;
      this.#minutes = run ? minutes(run, gauge, span) : [];
    } catch (error) {
      this.#failed = refused(error, this.words);
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const meter = store.meters.get(this.code);
    return html`<h2>${this.words.todayCurve} <span class="subject">${meter ? this.#subject(meter) : nothing}</span></h2>
      ${meter && this.#days && this.#minutes
        ? this.#filled(meter, this.#days, this.#minutes)
        : this.#failed
          ? html`<p class="empty">${this.words.failed}${this.words.colon}${this.#failed}</p>`
          : html`<div class="plot-space"></div>`}`;
  }

  #subject(meter: Meter): string {
    const { gauge, into } = flowOf(meter.carrier);
    const quantity = store.site?.quantities[gauge ?? into[0] ?? ""];
    return into.length === 0 ? this.name(quantity?.name) : this.words.curveSubject(this.name(quantity?.name));
  }

  #filled(meter: Meter, days: Days, read: Line): TemplateResult {
    const shown = [...days.today.measured, ...days.today.estimated, ...read];
    if (!hasValues(days.yesterday) && shown.every((value) => value === null)) return html`<p class="empty">${this.words.noCurve}</p>`;
    const scale = scaleFor(this.#unit(meter, days), [...shown, ...days.yesterday.measured, ...days.yesterday.estimated]);
    const start = days.today.start;
    const sheet = (): Sheet => (settled(days) ? this.#quarters(days, scale) : this.#minutesRead(start, read, scale));
    return html`${this.#legend(meter, days, read, scale)}
      <pw-plot
        class="plot-space"
        .height=${200}
        .label="${this.#subject(meter)}, ${this.name(meter.name)}"
        .data=${this.#data(days, read, scale.divisor)}
        .version=${[store.route.language, store.route.theme, scale.unit, start, this.code].join()}
        .build=${this.#options(meter, start, scale)}
      ></pw-plot>
      <div class="beside">${twin(this.words, this.#subject(meter), () => sheetTable(sheet()))}
        <pw-files .heading=${this.#subject(meter)} .file=${`${meter.code}-${day(start, this.zone)}`} .sheet=${sheet} .picture=${() => this.#picture(meter, scale)}></pw-files></div>`;
  }

  #picture(meter: Meter, scale: Scale): Promise<Blob | null> | undefined {
    const words = this.words;
    const title = `${this.#subject(meter)}, ${this.name(meter.name, meter.code)} [${unitText(scale.unit)}]`;
    return this.querySelector<Plot>("pw-plot")?.picture(title, [words.quarterMean, words.yesterday, words.eachMinute]);
  }

  #unit(meter: Meter, days: Days): string {
    const { gauge } = flowOf(meter.carrier);
    return gauge ? (store.site?.quantities[gauge]?.unit ?? "") : `${days.unit === "1" ? "" : days.unit}/h`;
  }

  #legend(meter: Meter, days: Days, read: Line, scale: Scale): TemplateResult {
    const at = this.#cursor;
    const words = this.words;
    const quarter = at === null ? null : Math.floor(at / 15);
    return html`<div class="legend">
      ${settled(days)
        ? html`<span class="key-line"><span class="swatch carrier-${colourOf(meter)}"></span>${words.quarterMean} ${this.#value(days.today, quarter, scale)}</span>
            <span class="key-line line-yesterday"><span class="swatch"></span>${words.yesterday} ${this.#value(days.yesterday, quarter, scale)}</span>`
        : nothing}
      ${flowOf(meter.carrier).gauge
        ? html`<span class="key-line line-minute"><span class="swatch"></span>${words.eachMinute} ${written(at === null ? null : (read[at] ?? null), false, scale)}</span>`
        : nothing}
      ${settled(days) ? html`<span class="key-note">${words.estimatedKey}</span><span class="key-note">${words.gapKey}</span>` : nothing}
      <span class="at">${at === null ? nothing : clock(days.today.start + at * MINUTE_MS, this.zone)}</span>
    </div>`;
  }

  #value(day: DayLine, quarter: number | null, scale: Scale): TemplateResult | typeof nothing {
    if (quarter === null) return nothing;
    const measured = day.measured[quarter] ?? null;
    return written(measured ?? day.estimated[quarter] ?? null, measured === null, scale);
  }

  #options(meter: Meter, start: number, scale: Scale): Build {
    return (colour) => ({
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      legend: { show: false },
      padding: [12, 20, 0, 0],
      scales: { x: { time: false, range: [0, 24] }, y: { range: (_, low, high) => [Math.min(0, 1.1 * low), Math.max(1.1 * high, 0.001)] } },
      axes: [
        { stroke: colour("ink-2"), grid: { show: false }, ticks: { stroke: colour("line"), width: 1 }, font: FONT, size: 30, splits: hours,
          values: (_, ticks) => ticks.map((hour) => clock(start + hour * HOUR_MS, this.zone)) },
        { stroke: colour("ink-2"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: FONT, size: 64,
          values: (_, ticks) => ticks.map((tick, i) => (i === ticks.length - 1 ? `${three(tick)} ${unitText(scale.unit)}` : three(tick))) },
      ],
      series: [{}, ...this.#series(meter, colour)],
      hooks: { setCursor: [(plot: uPlot) => this.#moved(plot.cursor.idx ?? null)] },
    });
  }

  #series(meter: Meter, colour: Colour): uPlot.Series[] {
    const own = colourOf(meter);
    const points = { show: false };
    const mean = { stroke: colour(own), width: 2, points };
    const bridged = flowOf(meter.carrier).into.length > 0 ? BRIDGED_MIN : BRIDGED_MIN_UNSETTLED;
    return [
      { stroke: colour("ink-2", 0.9), width: 1, points, paths: steps(false) },
      { ...mean, fill: colour(own, 0.1), paths: steps(true) },
      { ...mean, fill: colour(own, 0.04), dash: [4, 3], paths: steps(true) },
      { stroke: colour("ink"), width: 1, points, gaps: (plot, _, __, ___, gaps) => gaps.filter(([from, to]) => minutesOf(plot, to - from) > bridged) },
    ];
  }

  #moved(index: number | null): void {
    if (index === this.#cursor) return;
    this.#cursor = index;
    this.requestUpdate();
  }

  /** For what has a gauge and no amount: the minutes that were read. */
  #minutesRead(start: number, read: Line, scale: Scale): Sheet {
    return {
      columns: [{ name: this.words.time }, { name: this.words.eachMinute, unit: unitText(scale.unit), number: true, decimals: 3 }],
      rows: [...read.entries()].flatMap(([at, value]) => (value === null ? [] : [[clock(start + at * MINUTE_MS, this.zone), value / scale.divisor]])),
    };
  }

  #quarters({ today, yesterday }: Days, scale: Scale): Sheet {
    const words = this.words;
    const column = (name: string): Column => ({ name, unit: unitText(scale.unit), number: true, decimals: 3 });
    return {
      columns: [{ name: words.time }, column(words.today), { name: words.estimated }, column(words.yesterday), { name: words.estimated }],
      rows: today.measured.map((_, i) => [clock(today.start + i * QUARTER_MS, this.zone), ...cells(today, i, scale), ...cells(yesterday, i, scale)]),
    };
  }
}

function settled(days: Days): boolean {
  return hasValues(days.today) || hasValues(days.yesterday);
}

/** Canvas pixels along the axis as minutes. */
function minutesOf(plot: uPlot, pixels: number): number {
  return (24 * 60 * pixels) / plot.bbox.width;
}

/** The token of a meter's colour. */
function colourOf(meter: Meter): string {
  if (meter.role === "generation") return "pv";
  return meter.carrier === "production" || meter.carrier === "ambient" ? "ink-2" : meter.carrier;
}

function written(value: number | null, estimated: boolean, scale: Scale): TemplateResult | typeof nothing {
  if (value === null) return nothing;
  return html`<span class="digits">${estimated ? "~" : ""}${three(value / scale.divisor)} ${unitText(scale.unit)}</span>`;
}

function cells(day: DayLine, i: number, scale: Scale): Cell[] {
  const measured = day.measured[i] ?? null;
  const value = measured ?? day.estimated[i] ?? null;
  return [scaled(value, scale.divisor), measured === null && value !== null ? "~" : ""];
}

function dataOf(days: Days, read: Line, divisor: number): uPlot.AlignedData {
  const minutes = 15 * days.today.measured.length;
  const x = Array.from({ length: minutes + 1 }, (_, i) => i / 60);
  const quarterly = [merged(days.yesterday), days.today.measured, days.today.estimated].map((line) => spread(line, minutes));
  return [x, ...[...quarterly, read].map((line) => x.map((_, i) => scaled(line[i] ?? null, divisor)))];
}

function merged(day: DayLine): Line {
  return day.measured.map((value, i) => value ?? day.estimated[i] ?? null);
}

function scaled(value: number | null, divisor: number): number | null {
  return value === null ? null : value / divisor;
}

const FONT = "12px system-ui, sans-serif";

customElements.define("pw-meter-curve", MeterCurve);
