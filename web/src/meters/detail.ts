/** <pw-meter>: one meter: values now, today's curve, template, last readings, gaps and conflicts. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { ApiError, get, type Meter, type MeterDetail, type MeterLive } from "../api.ts";
import { message } from "../frame/notice.ts";
import { span, type Words } from "../i18n/words.ts";
import { brief, exact, unitText, three } from "../numbers.ts";
import { carrierWord } from "../parts/carrier.ts";
import { later } from "../parts/later.ts";
import { stateDot, stateWord } from "../parts/state.ts";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { may, store } from "../store.ts";
import { moment } from "../time.ts";
import "./curve.ts";
import { eventsTable, readingsTable, templateTable } from "./tables.ts";

const entering = (): Promise<unknown> => import("./entering.ts");
const REFRESH_MS = 15_000;

class MeterPage extends View {
  static override properties = { code: { attribute: false } };
  declare code: string;
  #detail: MeterDetail | null = null;
  #problem: ApiError | null = null;
  #timer = 0;

  override disconnectedCallback(): void {
    window.clearTimeout(this.#timer);
    super.disconnectedCallback();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("code")) return;
    this.#detail = null;
    this.#problem = null;
    void this.#load(this.code);
  }

  async #load(code: string): Promise<void> {
    window.clearTimeout(this.#timer);
    try {
      const detail = await get<MeterDetail>(`/meters/${encodeURIComponent(code)}`);
      if (code !== this.code) return;
      [this.#detail, this.#problem] = [detail, null];
    } catch (error) {
      if (error instanceof ApiError && code === this.code) this.#problem = error;
    }
    this.requestUpdate();
    if (this.isConnected) this.#timer = window.setTimeout(() => void this.#load(this.code), REFRESH_MS);
  }

  protected override render(): TemplateResult {
    const words = this.words;
    if (this.#problem?.status === 404) return message(words.unknownMeterTitle, words.unknownMeterText(this.code));
    if (this.#problem && !this.#detail) return message(words.failed, this.#problem.message);
    const meter = store.meters.get(this.code);
    const row = store.live?.meters.get(this.code);
    return html`<div class="meter-page">
      <section class="panel">${meter ? this.#head(meter, row) : nothing}</section>
      <section class="panel">
        <pw-meter-curve .code=${this.code}></pw-meter-curve>
      </section>
      <section class="panel">
        <h2>${words.valuesNow}</h2>
        ${row ? this.#values(row) : nothing}
      </section>
      ${this.#detail ? this.#records(this.#detail) : nothing}
      ${meter && !meter.formula && may("see-trace") ? later(entering, html`<pw-entering class="panel" .code=${this.code}></pw-entering>`, words) : nothing}
    </div>`;
  }

  #head(meter: Meter, row: MeterLive | undefined): TemplateResult {
    const words = this.words;
    return html`<a class="back" href=${href({ ...store.route, meter: null })}>← ${words.back}</a>
      <h2 class="meter-title">${this.name(meter.name, meter.code)} <code>${meter.code}</code></h2>
      <p class="meter-state state-${row?.state ?? meter.state}">${this.#state(meter, row)}</p>
      <dl class="facts">
        ${meter.enterprise === null ? nothing : fact(words.enterprise, this.#area(meter.enterprise))}
        ${fact(words.area, this.#area(meter.area))}
        ${fact(words.carrier, carrierWord(meter.carrier, words))} ${fact(words.role, html`<span class="role">${words[meter.role]}</span>`)}
        ${meter.formula ? reckoned(meter.formula, words) : read(meter, words)}
        ${meter.rated_kw === null ? nothing : fact(words.rated, `${exact(meter.rated_kw)} kW`)}
        ${meter.parent === null ? nothing : fact(words.upstream, this.#link(meter.parent))}
      </dl>`;
  }

  #state(meter: Meter, row: MeterLive | undefined): TemplateResult {
    const state = row?.state ?? meter.state;
    const dot = stateDot(state, this.words);
    if (!row || row.time === null) return html`${dot} ${this.words.neverSeen}`;
    const at = Date.parse(row.time);
    const age = span((store.now() - at) / 1000, store.route.language);
    return html`${dot} ${stateWord(state, this.words)} · ${this.words.ago(age)}
      <span class="when">${moment(at, this.zone)}</span>`;
  }

  #area(code: string | null): string {
    return this.name(store.site?.areas.find((area) => area.code === code)?.name, code ?? "–");
  }

  #link(code: string): TemplateResult {
    const name = this.name(store.meters.get(code)?.name, code);
    return html`<a href=${href({ ...store.route, meter: code })}>${name}</a>`;
  }

  #values(row: MeterLive): TemplateResult {
    const groups = new Map<string, string[]>();
    for (const name of Object.keys(row.values)) {
      const carrier = store.site?.quantities[name]?.carrier ?? "";
      groups.set(carrier, [...(groups.get(carrier) ?? []), name]);
    }
    if (groups.size === 0) return html`<p class="empty">${this.words.noValues}</p>`;
    const old = row.state === "stale";
    return html`${row.by_counter && row.power_kw !== null ? html`<p class="hint">${this.words.powerByCounter(`~${three(row.power_kw)} kW`)}</p>` : nothing}
    <div class="values ${old ? "is-stale" : ""}">
      ${[...groups].map(([carrier, names]) => this.#group(carrier, names, row))}
    </div>`;
  }

  #group(carrier: string, names: readonly string[], row: MeterLive): TemplateResult {
    return html`<section>
      <h3><span class="carrier carrier-${carrier}"></span>${carrierWord(carrier, this.words)}</h3>
      <dl>
        ${names.map((name) => {
          const quantity = store.site?.quantities[name];
          const value = row.values[name];
          return html`<div data-quantity=${name}>
            <dt>${this.name(quantity?.name, name)}</dt>
            <dd title=${exact(value)}>
              <span class="digits">${brief(value)}</span>
              <span class="unit">${unitText(quantity?.unit ?? "")}</span>
            </dd>
          </div>`;
        })}
      </dl>
    </section>`;
  }

  #records(detail: MeterDetail): TemplateResult {
    const words = this.words;
    const context = { words, zone: this.zone, site: store.site, language: store.route.language };
    return html`
      <section class="panel">
        <h2>${words.last20} <span class="subject">${words.shownByMeter}</span></h2>
        ${readingsTable(detail, context)}
      </section>
      <section class="panel">
        <h2>${words.events}</h2>
        ${eventsTable(detail, context)}
      </section>
      ${detail.template ? html`<section class="panel"><h2>${words.template}</h2>${templateTable(detail.template, context)}</section>` : nothing}
    `;
  }
}

function read(meter: Meter, words: Words): TemplateResult {
  return html`${fact(words.source, meter.source ?? "")} ${fact(words.device, meter.device ?? words.pushed)}
    ${fact(words.multiplier, exact(meter.multiplier))}`;
}

function reckoned(formula: Record<string, string>, words: Words): TemplateResult[] {
  return Object.entries(formula).map(([quantity, text]) => fact(words.reckoned, html`<code>${quantity} = ${text}</code>`));
}

function fact(label: string, value: TemplateResult | string): TemplateResult {
  return html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
}

customElements.define("pw-meter", MeterPage);
