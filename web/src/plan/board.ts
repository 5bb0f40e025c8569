/** <pw-board>: jobs over the bands of the tariff, moved by pointer or arrow keys. */

import { html, nothing, svg, type TemplateResult } from "lit";
import { bandName, bandToken } from "../parts/band.ts";
import { fixed } from "../numbers.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { clock, shortDay } from "../time.ts";
import type { Job, Plan, PlannedJob } from "./answers.ts";
import { quartersOf, QUARTER_MS } from "./table.ts";

const HEAD = 34;
const NARROWEST = 640;
const WIDE = 900;
const BLOCK = 28;
const LETTER = { latin: 7, han: 12 };
/** How near its edge a pointer scrolls a board that is wider than its place [px]. */
const EDGE = 28;
/** How much of the board is left in sight before the first job [px]. */
const SHOWN_BEFORE = 24;

export interface Moved {
  code: string;
  start: string | null;
  /** What one hold of the pointer, or one key held down, does is one step to undo. */
  gesture: number;
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
  #held: { code: string; grabbed: number; start: number; moved: boolean } | null = null;
  #focused = "";
  #gesture = 0;
  #scrolled = 0;
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
    return (Math.max(NARROWEST, this.#width) - this.#left - 8) / this.#slots;
  }

  /** Names stand before the rows; on a phone above the blocks, where they stay in sight. */
  get #narrow(): boolean {
    return this.#width < NARROWEST;
  }

  get #left(): number {
    return this.#narrow ? 8 : this.#width < WIDE ? 120 : 184;
  }

  get #tall(): number {
    return this.#narrow ? 56 : 40;
  }

  get #above(): number {
    return this.#narrow ? 22 : 6;
  }

  #last(job: Job): number {
    return Math.max(0, this.#slots - quartersOf(job));
  }

  #at(time: string): number {
    return (Date.parse(time) - Date.parse(this.plan.from)) / QUARTER_MS;
  }

  protected override render(): TemplateResult {
    const lines = [...new Set(this.jobs.map((job) => job.line))];
    const height = HEAD + Math.max(1, lines.length) * this.#tall + 4;
    const width = Math.max(NARROWEST, this.#width);
    return html`<div class="scroll board" tabindex="0" role="region" aria-label=${this.words.board} @scroll=${this.#follow}>
      <svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" role="group" aria-label=${this.words.board} @pointermove=${this.#drag} @pointerup=${this.#drop} @pointercancel=${this.#drop}>
        ${this.#bands(height)}${this.#clocks(height)}
        ${lines.map((line, row) => this.#row(line, row, width))}
        ${this.#when(width)}
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
      return svg`<rect class="band-${bandToken(code)} band-back" x=${this.#left + first * this.#slot} y="18" width=${width} height=${height - 18} />
        ${width > 34 ? svg`<text class="tick band-word-${bandToken(code)}" x=${this.#left + first * this.#slot + 3} y="30">${name}</text>` : nothing}`;
    });
  }

  #clocks(height: number): TemplateResult[] {
    const from = Date.parse(this.plan.from);
    const days = this.#slots / 96;
    const every = days > 3 ? 96 : days > 1 || this.#slot * 12 < 44 ? 24 : 12;
    return Array.from({ length: Math.ceil(this.#slots / every) }, (_, i) => {
      const at = from + i * every * QUARTER_MS;
      const x = this.#left + i * every * this.#slot;
      const text = days > 1 && clock(at, this.zone) === "00:00" ? shortDay(at, this.zone) : clock(at, this.zone);
      return svg`<line class="grid" x1=${x} x2=${x} y1="14" y2=${height} /><text class="tick" x=${x + 2} y="11">${text}</text>`;
    });
  }

  #row(line: string, row: number, width: number): TemplateResult {
    const y = HEAD + row * this.#tall;
    const area = store.site?.areas.find((one) => one.code === line);
    const name = this.name(area?.name ?? store.meters.get(line)?.name, line);
    const mine = this.jobs.filter((job) => job.line === line);
    const other = this.proposed?.jobs.filter((job) => job.line === line) ?? [];
    return svg`<line class="grid" x1="0" x2=${width} y1=${y + this.#tall} y2=${y + this.#tall} />
      <text class="line-name" x=${this.#narrow ? this.#scrolled + 2 : 0} y=${y + (this.#narrow ? 15 : 24)}><title>${name} (${line})</title>${fitting(name, this.#narrow ? this.#width : this.#left - 8)}</text>
      ${other.flatMap((job) => job.runs.map((run) => this.#proposal(job.code, this.#at(run.from), this.#at(run.to), y)))}
      ${mine.map((job) => this.#job(job, y))}`;
  }

  #proposal(code: string, from: number, to: number, y: number): TemplateResult {
    const [x, width] = [this.#left + from * this.#slot, Math.max(2, (to - from) * this.#slot)];
    return svg`<g class="proposed"><title>${this.words.proposal}: ${code}</title>
      <rect x=${x} y=${y + this.#above - 3} width=${width} height=${BLOCK + 6} rx="3" />
      ${width > 34 ? svg`<text x=${x + 6} y=${y + this.#above + 18}>${fitting(code, width - 10)}</text>` : nothing}</g>`;
  }

  #job(job: Job, y: number): TemplateResult | typeof nothing {
    const told = this.plan.jobs.find((one) => one.code === job.code);
    const held = this.#held?.code === job.code ? this.#held.start : null;
    const runs = held === null && job.start ? [{ from: this.#at(job.start), length: quartersOf(job) }] : held !== null ? [{ from: held, length: quartersOf(job) }] : (told?.runs ?? []).map((run) => ({ from: this.#at(run.from), length: this.#at(run.to) - this.#at(run.from) }));
    if (runs.length === 0) return nothing;
    const first = runs[0]?.from ?? 0;
    const bad = (told?.conflicts.length ?? 0) > 0;
    return svg`<g class="job ${bad ? "is-bad" : ""}" data-job=${job.code} tabindex="0" role="slider" aria-label=${job.code}
      aria-valuemin="0" aria-valuemax=${this.#last(job)} aria-valuenow=${first} aria-valuetext=${this.#spoken(job, told, first)}
      @focus=${() => this.#look(job.code)} @blur=${() => this.#look("")}
      @keydown=${(event: KeyboardEvent) => this.#key(event, job, first)} @touchstart=${keepStill} @pointerdown=${(event: PointerEvent) => this.#grab(event, job, first)}>
      <title>${this.#spoken(job, told, first)}</title>
      ${runs.map((run) => {
        const width = Math.max(4, run.length * this.#slot - 1);
        return svg`<rect x=${this.#left + run.from * this.#slot} y=${y + this.#above} width=${width} height=${BLOCK} rx="3" />
          ${width > 34 ? svg`<text x=${this.#left + run.from * this.#slot + 6} y=${y + this.#above + 18}>${fitting(`${bad ? "! " : ""}${job.code}`, width - 10)}</text>` : nothing}`;
      })}
    </g>`;
  }

  /** Of a job that was moved since the last check, its time alone. */
  #spoken(job: Job, told: PlannedJob | undefined, first: number): string {
    const at = Date.parse(this.plan.from) + first * QUARTER_MS;
    const checked = told?.runs[0] && this.#at(told.runs[0].from) === first ? told : undefined;
    const cost = checked?.cost == null ? "" : `, ${fixed(checked.cost, 2)} ${this.plan.currency}`;
    return `${job.code}: ${shortDay(at, this.zone)} ${clock(at, this.zone)}${cost}${checked && checked.conflicts.length > 0 ? `, ${this.words.conflictsIn(String(checked.conflicts.length))}` : ""}`;
  }

  /** When the job in hand runs, over the board's clock. */
  #when(width: number): TemplateResult | typeof nothing {
    const job = this.jobs.find((one) => one.code === this.#focused);
    if (!job?.start) return nothing;
    const first = this.#held?.code === job.code ? this.#held.start : this.#at(job.start);
    const end = first + quartersOf(job);
    const [from, to] = [first, end].map((slot) => clock(Date.parse(this.plan.from) + slot * QUARTER_MS, this.zone));
    const middle = Math.min(width - 48, Math.max(this.#left + 40, this.#left + ((first + end) / 2) * this.#slot));
    return svg`<g class="when" aria-hidden="true"><rect x=${middle - 44} y="0" width="88" height="16" rx="3" /><text x=${middle} y="12">${from}–${to}</text></g>`;
  }

  readonly #follow = (event: Event): void => {
    this.#scrolled = (event.currentTarget as HTMLElement).scrollLeft;
    if (this.#narrow) this.requestUpdate();
  };

  #look(code: string): void {
    this.#focused = code;
    this.requestUpdate();
  }

  #key(event: KeyboardEvent, job: Job, first: number): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: -4, PageUp: 4, Home: -first, End: this.#slots }[event.key];
    if (!event.repeat) this.#gesture++;
    if (event.key === "Escape" && this.#held) this.#back();
    else if (event.key === "Delete") this.#say(job.code, null);
    else if (step !== undefined) this.#say(job.code, Math.max(0, Math.min(this.#last(job), first + step * (event.shiftKey ? 4 : 1))));
    else return;
    event.preventDefault();
  }

  #grab(event: PointerEvent, job: Job, first: number): void {
    if (event.button !== 0) return;
    const block = event.currentTarget as SVGElement;
    block.setPointerCapture(event.pointerId);
    block.focus({ preventScroll: true });
    this.#gesture++;
    this.#held = { code: job.code, grabbed: this.#across(event) - first * this.#slot, start: first, moved: false };
  }

  /** Where a pointer is on the board, however far that has been scrolled. */
  #across(event: PointerEvent): number {
    return event.clientX + (this.querySelector(".board")?.scrollLeft ?? 0);
  }

  readonly #drag = (event: PointerEvent): void => {
    if (!this.#held) return;
    this.#reach(event);
    const job = this.jobs.find((one) => one.code === this.#held?.code);
    if (!job) return;
    const start = Math.max(0, Math.min(this.#last(job), Math.round((this.#across(event) - this.#held.grabbed) / this.#slot)));
    if (start === this.#held.start) return;
    this.#held = { ...this.#held, start, moved: true };
    this.#say(this.#held.code, start);
    this.requestUpdate();
  };

  #reach(event: PointerEvent): void {
    const board = this.querySelector(".board");
    if (!board) return;
    const { left, right } = board.getBoundingClientRect();
    if (event.clientX < left + EDGE) board.scrollLeft -= 2 * this.#slot;
    else if (event.clientX > right - EDGE) board.scrollLeft += 2 * this.#slot;
  }

  readonly #drop = (): void => {
    this.#held = null;
    this.requestUpdate();
  };

  /** Lets go of a job where it was taken up. */
  #back(): void {
    if (this.#held?.moved) this.dispatchEvent(new CustomEvent("back"));
    this.#drop();
  }

  #say(code: string, slot: number | null): void {
    const start = slot === null ? null : new Date(Date.parse(this.plan.from) + slot * QUARTER_MS).toISOString();
    this.dispatchEvent(new CustomEvent<Moved>("moved", { detail: { code, start, gesture: this.#gesture } }));
  }
}

/** A finger on a job moves the job, not the board: browsers take no touch-action from shapes. */
function keepStill(event: TouchEvent): void {
  event.preventDefault();
}

/** As much of a text as a width holds, the rest as an ellipsis. */
function fitting(text: string, width: number): string {
  let left = width;
  const signs = [...text];
  const fits = signs.findIndex((sign) => (left -= sign > "\u2e80" ? LETTER.han : LETTER.latin) < 0);
  return fits < 0 ? text : `${signs.slice(0, Math.max(1, fits - 1)).join("")}…`;
}

customElements.define("pw-board", Board);
