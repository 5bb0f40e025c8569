/** <pw-collectors>: every source with its meters, and what waits, was refused or was lost. */

import { html, nothing, type TemplateResult } from "lit";
import { ApiError, get, type Settlement, type Source, type SourceDetail, type SourceList, type StrayList } from "../api.ts";
import { message } from "../frame/notice.ts";
import { exact, NONE, three } from "../numbers.ts";
import { conditionMark } from "../parts/condition.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { asideTable, metersTable, strangersTable } from "./detail.ts";
import { notices } from "./notices.ts";
import { straysPanel } from "./strays.ts";
import { lastError, lastSuccess, type Context } from "./trace.ts";

const REFRESH_MS = 3_000;
const STRAYS_MS = 15_000;
const COLUMNS = 6;

class Collectors extends View {
  #list: SourceList | null = null;
  #detail: SourceDetail | null = null;
  #settlement: Settlement | null = null;
  #strays: StrayList | null = null;
  #straysAt = -Infinity;
  #problem: ApiError | null = null;
  #timer = 0;
  #asked = "";

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  override disconnectedCallback(): void {
    window.clearTimeout(this.#timer);
    super.disconnectedCallback();
  }

  protected override willUpdate(): void {
    const open = store.route.source ?? "";
    if (open !== this.#asked) void this.#load();
  }

  async #load(): Promise<void> {
    window.clearTimeout(this.#timer);
    const open = (this.#asked = store.route.source ?? "");
    try {
      const [list, detail, settlement] = await Promise.all([
        get<SourceList>("/sources"),
        open ? detailOf(open) : null,
        known<Settlement>("/settlement"),
        this.#undeclared(),
      ]);
      if (open !== this.#asked) return;
      [this.#list, this.#detail, this.#settlement, this.#problem] = [list, detail, settlement, null];
    } catch (error) {
      if (error instanceof ApiError) this.#problem = error;
    }
    this.requestUpdate();
    window.clearTimeout(this.#timer);
    if (this.isConnected) this.#timer = window.setTimeout(() => void this.#load(), REFRESH_MS);
  }

  /** Less often: the database counts what it keeps. */
  async #undeclared(): Promise<void> {
    if (performance.now() - this.#straysAt < STRAYS_MS) return;
    this.#strays = await known<StrayList>("/strays");
    this.#straysAt = performance.now();
  }

  protected override render(): TemplateResult {
    const words = this.words;
    if (!this.#list) return this.#problem ? message(words.failed, this.#problem.message) : html`<section class="panel tall"></section>`;
    if (this.#list.sources.length === 0) return message(words.noSourcesTitle, words.noSourcesText);
    const context = { words, now: Date.parse(this.#list.time), zone: this.zone, language: store.route.language };
    return html`<div class="collectors ${store.connection.state === "lost" ? "is-lost" : ""}">
      ${notices(this.#list, this.#settlement, context)}
      <section class="panel">
        <h1>${words.sources} <span class="subject">${words.sourcesSubject}</span></h1>
        ${this.#table(this.#list.sources, context)}
      </section>
      ${straysPanel(this.#strays, context)}
    </div>`;
  }

  #table(sources: readonly Source[], context: Context): TemplateResult {
    const words = this.words;
    return html`<table class="sources cards">
      <thead>
        <tr>
          <th scope="col">${words.source}</th>
          <th scope="col">${words.condition}</th>
          <th scope="col" class="number">${words.metersAnswering}</th>
          <th scope="col" class="number">${words.readsPerSecond}</th>
          <th scope="col">${words.lastSuccess}</th>
          <th scope="col">${words.lastError}</th>
        </tr>
      </thead>
      ${sources.map((source) => this.#source(source, context))}
    </table>`;
  }

  #source(source: Source, context: Context): TemplateResult {
    const words = this.words;
    const open = store.route.source === source.code;
    return html`<tbody data-source=${source.code} class=${open ? "is-open" : ""}>
      <tr>
        <th scope="row">${this.#name(source, open)}</th>
        <td data-label=${words.condition}>${conditionMark(source.condition, words)}</td>
        <td data-label=${words.metersAnswering} class="number">${this.#answering(source)}</td>
        <td data-label=${words.readsPerSecond} class="number"><span class="digits">${three(source.reads_per_s)}</span></td>
        <td data-label=${words.lastSuccess} class="nowrap">${lastSuccess(source, context)}</td>
        <td data-label=${words.lastError} class="wide ${source.last_failure === null ? "clean" : ""}">${lastError(source, context)}</td>
      </tr>
      ${open ? html`<tr class="opened"><td colspan=${COLUMNS}>${this.#opened(source, context)}</td></tr>` : nothing}
    </tbody>`;
  }

  #name(source: Source, open: boolean): TemplateResult {
    return html`<button
      class="disclose"
      aria-expanded=${open ? "true" : "false"}
      title=${this.words.showSource(source.code)}
      @click=${() => store.go({ source: open ? null : source.code }, true)}
    >
      <span class="turn" aria-hidden="true">${open ? "▾" : "▸"}</span>
      <span class="source-name"><strong>${source.code}</strong> <span class="kind">${source.protocol}</span>
        <span class="place">${[source.edge ? this.words.edgeTitle(source.edge) : "", source.place].filter(Boolean).join(" · ")}</span></span>
    </button>`;
  }

  #answering(source: Source): TemplateResult {
    if (source.meters === 0) return html`${NONE}`;
    return html`<span class="figure"><span class="digits">${exact(source.answering)}</span> <span class="unit">/ ${exact(source.meters)}</span></span>`;
  }

  #opened(source: Source, context: Context): TemplateResult | typeof nothing {
    const detail = this.#detail;
    if (detail?.code !== source.code) return nothing;
    return html`${metersTable(detail, context, (meter) => this.name(meter.name, meter.code))} ${strangersTable(detail, context)} ${asideTable(detail, context)}`;
  }
}

/** None while the database is away. */
function known<T>(path: string): Promise<T | null> {
  return get<T>(path).catch((error: unknown) => {
    if (error instanceof ApiError) return null;
    throw error;
  });
}

function detailOf(code: string): Promise<SourceDetail | null> {
  return get<SourceDetail>(`/sources/${encodeURIComponent(code)}`).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  });
}

customElements.define("pw-collectors", Collectors);
