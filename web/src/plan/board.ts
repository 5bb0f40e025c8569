/** <pw-board>: jobs over the bands of the tariff, moved by pointer or arrow keys. */

import { html, nothing, svg, type TemplateResult } from "lit";
import { bandName, bandToken } from "../parts/band.ts";
import { fixed } from "../numbers.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { clock, shortDay } from "../time.ts";
import type { Job, Plan, PlannedJob } from "./answers.ts";
import { quartersOf, QUARTER_MS } from "./table.ts";

const LEFT = 120;
const ROW = 40;
const HEAD = 34;
const NARROWEST = 640;
/** How much of the board is left in sight before the first job [px]. */
const SHOWN_BEFORE = 24;

export interface Moved {
  code: string;
  start: string | null;
}

/** What is drawn on; a plan has it, and days without a job do. */
export type Ground = Pick<Plan, "from" | "jobs" | "currency"> & { outlook: Pick<Plan["outlook"], "times" | "bands"> };

class Board extends View {
  static override properties = { jobs: { attribute: false }, plan: { attribute: false }, proposed: { attribute: false } };
  declare jobs: readonly Job[];
  declare plan: Ground;
  declare proposed: Plan | null;
  #width = 0;
  #found = false;
  #held: { code: string; grabbed: number; start: number } | null = null;
  readonly #size = new ResizeObserver(([entry]) => {
    this.#width = Math.floor(entry?.contentRect.width ?? 0);
    this.requestUpdate();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.#size.observe(this);
  }

  override disconnectedCallback(): void {
    this.#size.disconnect();
    super.disconnectedCallback();
  }

  get #slots(): number {
    return this.plan.outlook.times.length;
  }

  get #slot(): number {
    return (Math.max(NARROWEST, this.#width) - LEFT - 8) / this.#slots;
  }

  #at(time: string): number {
    return (Date.parse(time) - Date.parse(this.plan.from)) / QUARTER_MS;
  }

  protected override render(): TemplateResult {
    const lines = [...new Set(this.jobs.map((job) => job.line))];
    const height = HEAD + Math.max(1, lines.length) * ROW + 4;
    const width = Math.max(NARROWEST, this.#width);
    return html`<div class="scroll board" tabindex="0" role="region" aria-label=${this.words.board}>
      <svg width=${width} height=${height} role="group" aria-label=${this.words.board} @pointermove=${this.#drag} @pointerup=${this.#drop} @pointercancel=${this.#drop}>
        ${this.#bands(height)}${this.#clocks(height)}
        ${lines.map((line, row) => this.#row(line, row, width))}
      </svg>
    </div>`;
  }

  /** Where the board is wider than its place, the first job is brought into sight, once. */
  protected override updated(): void {
    const board = this.querySelector(".board");
    const starts = this.jobs.flatMap((job) => (job.start ? [this.#at(job.start)] : []));
    if (this.#found || !board || this.#width === 0 || starts.length === 0) return;
    this.#found = true;
    board.scrollLeft = Math.min(...starts) * this.#slot - SHOWN_BEFORE;
  }

  /** Stretches of one band, each with its name where there is room. */
  #bands(height: number): TemplateResult[] {
    const bands = this.plan.outlook.bands;
    const edges = bands.flatMap((band, i) => (i === 0 || band !== bands[i - 1] ? [i] : []));
    return edges.map((first, i) => {
      const end = edges[i + 1] ?? bands.length;
      const code = bands[first] ?? null;
      if (code === null) return svg``;
      const width = (end - first) * this.#slot;
      const name = bandName(store.site, code, store.route.language);
      return svg`<rect class="band-${bandToken(code)} band-back" x=${LEFT + first * this.#slot} y="18" width=${width} height=${height - 18} />
        ${width > 34 ? svg`<text class="tick band-word-${bandToken(code)}" x=${LEFT + first * this.#slot + 3} y="30">${name}</text>` : nothing}`;
    });
  }

  #clocks(height: number): TemplateResult[] {
    const from = Date.parse(this.plan.from);
    const days = this.#slots / 96;
    const every = days > 3 ? 96 : days > 1 || this.#slot * 12 < 44 ? 24 : 12;
    return Array.from({ length: Math.ceil(this.#slots / every) }, (_, i) => {
      const at = from + i * every * QUARTER_MS;
      const x = LEFT + i * every * this.#slot;
      const text = days > 1 && clock(at, this.zone) === "00:00" ? shortDay(at, this.zone) : clock(at, this.zone);
      return svg`<line class="grid" x1=${x} x2=${x} y1="14" y2=${height} /><text class="tick" x=${x + 2} y="11">${text}</text>`;
    });
  }

  #row(line: string, row: number, width: number): TemplateResult {
    const y = HEAD + row * ROW;
    const area = store.site?.areas.find((one) => one.code === line);
    const name = this.name(area?.name ?? store.meters.get(line)?.name, line);
    const mine = this.jobs.filter((job) => job.line === line);
    const other = this.proposed?.jobs.filter((job) => job.line === line) ?? [];
    return svg`<line class="grid" x1="0" x2=${width} y1=${y + ROW} y2=${y + ROW} />
      <text class="line-name" x="0" y=${y + 24}><title>${name} (${line})</title>${name.length > 15 ? `${name.slice(0, 14)}…` : name}</text>
      ${other.flatMap((job) => job.runs.map((run) => svg`<rect class="proposed" x=${LEFT + this.#at(run.from) * this.#slot} y=${y + 3} width=${Math.max(2, (this.#at(run.to) - this.#at(run.from)) * this.#slot)} height=${ROW - 6} rx="3"><title>${this.words.proposal}: ${job.code}</title></rect>`))}
      ${mine.map((job) => this.#job(job, y))}`;
  }

  #job(job: Job, y: number): TemplateResult | typeof nothing {
    const told = this.plan.jobs.find((one) => one.code === job.code);
    const held = this.#held?.code === job.code ? this.#held.start : null;
    const runs = held === null && job.start ? [{ from: this.#at(job.start), length: quartersOf(job) }] : held !== null ? [{ from: held, length: quartersOf(job) }] : (told?.runs ?? []).map((run) => ({ from: this.#at(run.from), length: this.#at(run.to) - this.#at(run.from) }));
    if (runs.length === 0) return nothing;
    const first = runs[0]?.from ?? 0;
    const bad = (told?.conflicts.length ?? 0) > 0;
    return svg`<g class="job ${bad ? "is-bad" : ""}" data-job=${job.code} tabindex="0" role="slider" aria-label=${job.code}
      aria-valuemin="0" aria-valuemax=${this.#slots} aria-valuenow=${first} aria-valuetext=${this.#spoken(job, told, first)}
      @keydown=${(event: KeyboardEvent) => this.#key(event, job, first)} @pointerdown=${(event: PointerEvent) => this.#grab(event, job, first)}>
      <title>${this.#spoken(job, told, first)}</title>
      ${runs.map((run) => {
        const width = Math.max(4, run.length * this.#slot - 1);
        return svg`<rect x=${LEFT + run.from * this.#slot} y=${y + 6} width=${width} height=${ROW - 12} rx="3" />
          ${width > 34 ? svg`<text x=${LEFT + run.from * this.#slot + 6} y=${y + 24}>${bad ? "! " : ""}${job.code.slice(0, Math.floor((width - 10) / 7))}</text>` : nothing}`;
      })}
    </g>`;
  }

  #spoken(job: Job, told: PlannedJob | undefined, first: number): string {
    const at = Date.parse(this.plan.from) + first * QUARTER_MS;
    const cost = told?.cost == null ? "" : `, ${fixed(told.cost, 2)} ${this.plan.currency}`;
    return `${job.code}: ${shortDay(at, this.zone)} ${clock(at, this.zone)}${cost}${told && told.conflicts.length > 0 ? `, ${this.words.conflictsIn(String(told.conflicts.length))}` : ""}`;
  }

  #key(event: KeyboardEvent, job: Job, first: number): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -4, PageUp: 4 }[event.key];
    if (event.key === "Delete") this.#say(job.code, null);
    else if (step) this.#say(job.code, first + step * (event.shiftKey ? 4 : 1));
    else return;
    event.preventDefault();
  }

  #grab(event: PointerEvent, job: Job, first: number): void {
    if (event.button !== 0) return;
    (event.currentTarget as SVGElement).setPointerCapture(event.pointerId);
    this.#held = { code: job.code, grabbed: event.clientX - first * this.#slot, start: first };
  }

  readonly #drag = (event: PointerEvent): void => {
    if (!this.#held) return;
    const job = this.jobs.find((one) => one.code === this.#held?.code);
    const most = this.#slots - (job ? quartersOf(job) : 1);
    const start = Math.max(0, Math.min(most, Math.round((event.clientX - this.#held.grabbed) / this.#slot)));
    if (start === this.#held.start) return;
    this.#held = { ...this.#held, start };
    this.#say(this.#held.code, start);
    this.requestUpdate();
  };

  readonly #drop = (): void => {
    this.#held = null;
    this.requestUpdate();
  };

  #say(code: string, slot: number | null): void {
    const start = slot === null ? null : new Date(Date.parse(this.plan.from) + Math.max(0, slot) * QUARTER_MS).toISOString();
    this.dispatchEvent(new CustomEvent<Moved>("moved", { detail: { code, start } }));
  }
}

customElements.define("pw-board", Board);
