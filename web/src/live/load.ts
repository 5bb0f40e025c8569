/** <pw-load>: today's load over yesterday's and last week's, with the tariff's bands behind. */

import { html, nothing, type TemplateResult } from "lit";
import type uPlot from "uplot";
import { get, type BandPlan, type BandSpan, type EnergyReport } from "../api.ts";
import { scaleFor, three, type Scale } from "../numbers.ts";
import { bandName } from "../parts/band.ts";
import "../parts/files.ts";
import { painted } from "../parts/painted.ts";
import "../parts/plot.ts";
import type { Build, Plot } from "../parts/plot.ts";
import { hours } from "../parts/hours.ts";
import { steps } from "../parts/steps.ts";
import { kept } from "../parts/kept.ts";
import { sheetTable, type Cell, type Sheet } from "../parts/sheet.ts";
import { twin } from "../parts/twin.ts";
import { refusal } from "../parts/refusal.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { clock, day, HOUR_MS, iso } from "../time.ts";
import { letters, paint, shadesOf } from "./shading.ts";
import { dayLine, daySpan, edges, hasValues, padded, QUARTER_MS, type DayLine } from "./days.ts";

const SHIFTS = [0, -1, -7] as const;
const STYLES = [
  { key: "today", token: "electricity", width: 2, opacity: 1 },
  { key: "yesterday", token: "ink-2", width: 1.5, opacity: 0.9 },
  { key: "lastWeek", token: "ink-2", width: 1, opacity: 0.5 },
] as const;
const SETTLED_AFTER_MS = 20_000;
const ASK_AGAIN_MS = 15_000;

class LoadPanel extends View {
  #days: DayLine[] | null = null;
  #bands: BandSpan[] = [];
  #asked = "";
  #failed = "";
  #hidden = new Set<number>();
  #cursor: number | null = null;
  readonly #data = kept(dataOf);

  protected override willUpdate(): void {
    if (!store.site || !store.live) return;
    const quarter = Math.floor((store.now() - SETTLED_AFTER_MS) / QUARTER_MS);
    const wanted = `${this.#area()}|${quarter}`;
    if (wanted === this.#asked) return;
    this.#asked = wanted;
    void this.#load(wanted);
  }

  #area(): string {
    return store.route.area ?? store.site?.areas.find((area) => area.kind === "park")?.code ?? "";
  }

  async #load(wanted: string): Promise<void> {
    await painted();
    try {
      const [bands, ...days] = await Promise.all([this.#plan(), ...SHIFTS.map((shift) => this.#day(shift))]);
      if (wanted !== this.#asked) return;
      this.#bands = bands;
      this.#days = days;
      this.#failed = "";
    } catch (error) {
      this.#failed = refusal(error, this.words);
      window.setTimeout(() => this.#again(wanted), ASK_AGAIN_MS);
    }
    this.requestUpdate();
  }

  #again(wanted: string): void {
    if (wanted !== this.#asked || !this.isConnected) return;
    this.#asked = "";
    this.requestUpdate();
  }

  /** Bands of today; a park without a tariff has none. */
  async #plan(): Promise<BandSpan[]> {
    if (!store.site?.tariff) return [];
    const span = daySpan(store.now(), this.zone, 0);
    return (await get<BandPlan>("/tariff", { from: iso(span.from), to: iso(span.to) })).bands;
  }

  async #day(shift: number): Promise<DayLine> {
    const span = daySpan(store.now(), this.zone, shift);
    const query = { from: iso(span.from), to: iso(span.to), step: "15min", by: "area", area: this.#area(), quantity: "energy_import" };
    return dayLine(await get<EnergyReport>("/energy", query), span);
  }

  protected override render(): TemplateResult {
    const days = this.#days;
    return html`<h2>${this.words.loadTitle} <span class="subject">${this.words.loadSubject}</span></h2>
      ${this.#failed && !days
        ? html`<p class="empty">${this.words.failed}${this.words.colon}${this.#failed}</p>`
        : !days
          ? html`<div class="plot-space"></div>`
          : days.some(hasValues)
            ? this.#chart(days)
            : html`<p class="empty">${this.words.noLoad}</p>`}`;
  }

  #chart(days: readonly DayLine[]): TemplateResult {
    const scale = scaleFor("kW", days.flatMap((day) => [...day.measured, ...day.estimated]));
    return html`${this.#legend(days, scale)}
      <pw-plot
        class="plot-space"
        .height=${store.route.wall ? heightOnWall() : HEIGHT}
        .label=${this.words.loadSubject}
        .data=${this.#data(days, scale.divisor)}
        .version=${[store.route.language, store.route.theme, scale.unit, days[0]?.start, this.#contract(), this.#bands.length].join()}
        .build=${this.#options(days[0]?.start ?? 0, scale)}
      ></pw-plot>
      <div class="beside">${twin(this.words, this.words.loadSubject, () => sheetTable(this.#sheet(days)))}
        <pw-files .heading=${this.words.loadSubject} .file=${`load-${this.#area()}-${day(days[0]?.start ?? 0, this.zone)}`} .sheet=${() => this.#sheet(days)} .picture=${this.#picture}></pw-files></div>`;
  }

  #legend(days: readonly DayLine[], scale: Scale): TemplateResult {
    const at = this.#cursor;
    const start = days[0]?.start ?? 0;
    return html`<div class="legend">
      ${STYLES.map((style, i) => this.#entry(style.key, i, at === null ? null : valueAt(days[i], at), scale))}
      <span class="key-note">${this.words.estimatedKey}</span>
      <span class="key-note">${this.words.gapKey}</span>
      <span class="at">${at === null ? nothing : `${clock(start + at * QUARTER_MS, this.zone)}\u2013${clock(start + (at + 1) * QUARTER_MS, this.zone)}`}</span>
    </div>`;
  }

  #entry(key: (typeof STYLES)[number]["key"], i: number, value: At | null, scale: Scale): TemplateResult {
    const text = value?.value == null ? "" : `${value.estimated ? "~" : ""}${three(value.value / scale.divisor)} ${scale.unit}`;
    return html`<button class="legend-entry line-${key}" aria-pressed=${this.#hidden.has(i) ? "false" : "true"} @click=${() => this.#toggle(i)}>
      <span class="swatch"></span>${this.words[key]} <span class="digits">${text}</span>
    </button>`;
  }

  #band(code: string): string {
    return bandName(store.site, code, store.route.language);
  }

  #toggle(i: number): void {
    const on = this.#hidden.delete(i);
    if (!on) this.#hidden.add(i);
    this.querySelector<Plot>("pw-plot")?.show([1 + 2 * i, 2 + 2 * i], on);
    this.requestUpdate();
  }

  #contract(): number | null {
    return store.route.area ? null : (store.site?.contract_kw ?? null);
  }

  #options(start: number, scale: Scale): Build {
    const font = `${letters()}px system-ui, sans-serif`;
    return (colour) => ({
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      legend: { show: false },
      padding: [2 * letters(), 1.7 * letters(), 0, 0],
      scales: { x: { time: false, range: [0, 24] }, y: { range: (_, __, top) => [0, this.#top(top, scale)] } },
      axes: [
        { stroke: colour("ink-2"), grid: { show: false }, ticks: { stroke: colour("line"), width: 1 }, font, size: 2.5 * letters(), splits: hours,
          values: (_, ticks) => ticks.map((hour) => clock(start + hour * HOUR_MS, this.zone)) },
        { stroke: colour("ink-2"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font, size: 4.7 * letters(),
          values: (_, ticks) => ticks.map((tick, i) => (i === ticks.length - 1 ? `${three(tick)} ${scale.unit}` : three(tick))) },
      ],
      series: [{}, ...STYLES.flatMap((style, i) => this.#series(style, i, colour))],
      hooks: { drawClear: [(plot) => paint(plot, shadesOf(this.#bands, start), colour, (code) => this.#band(code))], draw: [(plot) => this.#limit(plot, scale, colour("bad"))], setCursor: [(plot) => this.#moved(plot.cursor.idx ?? null)] },
    });
  }

  #series(style: (typeof STYLES)[number], i: number, colour: (token: string, opacity?: number) => string): uPlot.Series[] {
    const line: uPlot.Series = { stroke: colour(style.token, style.opacity), width: style.width, show: !this.#hidden.has(i), points: { show: false } };
    const today = i === 0;
    const fill = today ? { fill: colour(style.token, 0.1) } : {};
    const hatched = today ? { fill: colour(style.token, 0.04) } : {};
    return [
      { ...line, ...fill, paths: steps(today) },
      { ...line, ...hatched, dash: [4, 3], paths: steps(today) },
    ];
  }

  /** The axis shows the contract line when the load comes anywhere near it. */
  #top(largest: number, scale: Scale): number {
    const contract = (this.#contract() ?? 0) / scale.divisor;
    return 1.1 * Math.max(largest, contract < 2.5 * largest ? contract : 0, 0.001);
  }

  #limit(plot: uPlot, scale: Scale, stroke: string): void {
    const contract = this.#contract();
    if (contract === null) return;
    const y = plot.valToPos(contract / scale.divisor, "y", true);
    if (y < plot.bbox.top) return;
    const { ctx } = plot;
    ctx.save();
    ctx.strokeStyle = stroke;
    ctx.fillStyle = stroke;
    ctx.setLineDash([]);
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(plot.bbox.left, y);
    ctx.lineTo(plot.bbox.left + plot.bbox.width, y);
    ctx.stroke();
    ctx.font = `${letters() * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    ctx.fillText(this.words.contract, plot.bbox.left + plot.bbox.width - 4 * devicePixelRatio, y + (letters() + 2) * devicePixelRatio);
    ctx.restore();
  }

  #moved(index: number | null): void {
    if (index === this.#cursor) return;
    this.#cursor = index;
    this.requestUpdate();
  }

  readonly #picture = async (): Promise<Blob | null | undefined> => {
    const named = STYLES.filter((_, i) => !this.#hidden.has(i)).map((style) => this.words[style.key]);
    return this.querySelector<Plot>("pw-plot")?.picture(`${this.words.loadSubject} [kW]`, named);
  };

  #sheet(days: readonly DayLine[]): Sheet {
    const start = days[0]?.start ?? 0;
    const cells = (line: DayLine, i: number): Cell[] => {
      const { value, estimated } = valueAt(line, i);
      return [value, estimated && value !== null ? "~" : ""];
    };
    return {
      columns: [{ name: this.words.time }, ...STYLES.flatMap((style) => [{ name: this.words[style.key], unit: "kW", number: true, decimals: 1 }, { name: this.words.estimated }])],
      rows: (days[0]?.measured ?? []).map((_, i) => [clock(start + i * QUARTER_MS, this.zone), ...days.flatMap((line) => cells(line, i))]),
    };
  }
}

interface At {
  value: number | null;
  estimated: boolean;
}

function valueAt(day: DayLine | undefined, i: number): At {
  const measured = day?.measured[i] ?? null;
  return measured === null ? { value: day?.estimated[i] ?? null, estimated: true } : { value: measured, estimated: false };
}

function dataOf(days: readonly DayLine[], divisor: number): uPlot.AlignedData {
  const x = edges(Math.max(...days.map((day) => day.measured.length)));
  const lines = days.flatMap((day) => [day.measured, day.estimated]);
  return [x, ...lines.map((line) => padded(line, x.length).map((value) => (value === null ? null : value / divisor)))];
}

const HEIGHT = 240;
/** What else stands above and below the curve on a wall [px]. */
const BESIDE_ON_WALL = 540;

function heightOnWall(): number {
  return Math.max(HEIGHT, window.innerHeight - BESIDE_ON_WALL - 5 * (letters() - 12));
}

customElements.define("pw-load", LoadPanel);
