/** <pw-profile>: load of the park, its parts and meters over days: curve, key figures, day by quarter hour, duration. */

import { html, nothing, type TemplateResult } from "lit";
import { get, type BandPlan, type BandSpan, type EnergyReport, type ReadingRun } from "../api.ts";
import { parkOf } from "../areas.ts";
import type { Span } from "../live/days.ts";
import { Asking } from "../parts/asking.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { DAY_MS, day, iso } from "../time.ts";
import { curveOf } from "./curve.ts";
import { durationChart } from "./duration.ts";
import { factsTable } from "./facts.ts";
import { heatMap } from "./heat.ts";
import { quartersOf, type Profile, type Quarter } from "./lines.ts";
import { periodPicker, spanAgainst, spanOf, spanText, type Against } from "./period.ts";

const REFRESH_MS = 300_000;
const MOST = 6;
const TOKENS = ["electricity", "gas", "cooling", "steam", "recovered_heat", "water"];

class ProfileView extends Asking<Profile> {
  get #codes(): string[] {
    const { subjects, area } = store.route;
    return subjects.length > 0 ? [...subjects] : [area ?? parkOf(store.site?.areas ?? [])?.code ?? ""];
  }

  get #against(): Against | null {
    const { by } = store.route;
    return by === "before" || by === "year" ? by : null;
  }

  protected override get question(): string {
    const { days, day: one } = store.route;
    return [this.#codes, days, one, this.#against, day(store.now(), this.zone), Math.floor(store.now() / REFRESH_MS)].join("|");
  }

  protected override async ask(): Promise<Profile> {
    const span = spanOf(store.route, store.now(), this.zone);
    const codes = this.#codes.slice(0, MOST);
    const against = this.#against && spanAgainst(span, store.route.day ? 1 : store.route.days, this.#against, this.zone);
    const [bands, readings, own, other] = await Promise.all([
      this.#bands(span), this.#readings(codes, span), Promise.all(codes.map((code) => this.#amounts(code, span))),
      Promise.all(against ? codes.map((code) => this.#amounts(code, against)) : []),
    ]);
    const shift = against ? span.from - against.from : 0;
    const lines = codes.map((code, i) => ({
      code, label: this.#label(code), token: TOKENS[i] ?? "ink-2", quarters: own[i] ?? [],
      against: (other[i] ?? []).map((one) => ({ ...one, at: one.at + shift })),
    }));
    return { span, lines, bands, readings };
  }

  async #amounts(code: string, span: Span): Promise<Quarter[]> {
    const kind = store.meters.has(code) ? "meter" : "area";
    const query = { from: iso(span.from), to: iso(span.to), step: "15min", by: kind, [kind]: code, quantity: "energy_import" };
    const report = await get<EnergyReport>("/energy", query);
    return quartersOf(report.times, report.series.find((one) => one.key === code), store.now());
  }

  async #bands(span: Span): Promise<BandSpan[]> {
    if (!store.site?.tariff || span.to - span.from > 8 * DAY_MS) return [];
    return (await get<BandPlan>("/tariff", { from: iso(span.from), to: iso(span.to) })).bands;
  }

  async #readings(codes: readonly string[], span: Span): Promise<{ at: number; kw: number }[]> {
    const only = codes.length === 1 ? codes[0] : undefined;
    if (!only || !store.route.day || !store.meters.has(only)) return [];
    const query = { meter: only, from: iso(span.from), to: iso(span.to), step: "1min", quantity: "active_power", primary: "true" };
    const run = await get<ReadingRun>("/readings", query);
    const values = run.quantities["active_power"]?.values ?? [];
    return run.times.flatMap((time, i) => (values[i] == null ? [] : [{ at: Date.parse(time), kw: values[i] }]));
  }

  #label(code: string): string {
    const found = store.meters.get(code) ?? store.site?.areas.find((area) => area.code === code);
    return this.name(found?.name, code);
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<div class="report">
      <section class="panel">
        <header class="report-head"><h2>${words.loadOverDays}</h2>${periodPicker(words, this.zone)}</header>
        ${this.#choices()}
        ${this.body()}
      </section>
      ${this.answer ? this.#more(this.answer) : nothing}
    </div>`;
  }

  #choices(): TemplateResult {
    const words = this.words;
    const codes = this.#codes;
    const compare = (against: Against | null, word: string): TemplateResult =>
      html`<a href=${href({ ...store.route, by: against })} aria-current=${String(this.#against === against)}>${word}</a>`;
    return html`<div class="profile-choices">
      <ul class="subjects" aria-label=${words.shownLoads}>${codes.map((code) => html`<li>${this.#label(code)}
        ${codes.length > 1 ? html`<button type="button" aria-label="${words.leaveOut}: ${this.#label(code)}" @click=${() => this.#show(codes.filter((one) => one !== code))}>×</button>` : nothing}</li>`)}</ul>
      ${codes.length < MOST ? this.#adding(codes) : nothing}
      <nav class="periods" aria-label=${words.compareWith}>${compare(null, words.compareNothing)}${compare("before", words.compareBefore)}${compare("year", words.compareYear)}</nav>
    </div>`;
  }

  #adding(codes: readonly string[]): TemplateResult {
    const words = this.words;
    const areas = (store.site?.areas ?? []).filter((area) => !codes.includes(area.code));
    const meters = [...store.meters.values()].filter((meter) => meter.carrier === "electricity" && meter.role !== "generation" && !codes.includes(meter.code));
    const add = (event: Event): void => {
      const select = event.target as HTMLSelectElement;
      this.#show([...codes, select.value]);
      select.value = "";
    };
    return html`<select aria-label=${words.addLoad} @change=${add}>
      <option value="">${words.addLoad}</option>
      <optgroup label=${words.areas}>${areas.map((area) => html`<option value=${area.code}>${this.name(area.name, area.code)}</option>`)}</optgroup>
      <optgroup label=${words.meters}>${meters.map((meter) => html`<option value=${meter.code}>${this.name(meter.name, meter.code)} · ${meter.code}</option>`)}</optgroup>
    </select>`;
  }

  #show(subjects: readonly string[]): void {
    store.go({ subjects });
  }

  protected override filled(answer: Profile): TemplateResult {
    const known = answer.lines.some((line) => line.quarters.some((one) => one.kw !== null));
    if (!known) return html`<p class="empty">${this.words.noEnergy}</p>`;
    const only = answer.lines.length === 1 ? answer.lines[0] : undefined;
    return html`${curveOf(answer, this.words, this.zone)}
      ${store.route.day && only && store.meters.has(only.code)
        ? html`<p class="hint"><a href=${href({ ...store.route, page: "meters", meter: only.code })}>${this.words.downToReadings(only.label)}</a></p>`
        : nothing}
      ${factsTable(answer, this.words, this.zone)}`;
  }

  #more(answer: Profile): TemplateResult | typeof nothing {
    const first = answer.lines[0];
    if (!first || !first.quarters.some((one) => one.kw !== null)) return nothing;
    const when = spanText(answer.span, this.zone);
    const words = this.words;
    return html`<section class="panel"><h2>${words.heatTitle} <span class="subject">${first.label}, ${words.heatSubject}</span></h2>
        ${heatMap(first, when, words, this.zone, (chosen) => store.go({ day: chosen }))}</section>
      <section class="panel"><h2>${words.loadDuration} <span class="subject">${words.durationSubject}</span></h2>
        ${durationChart(answer.lines, when, words)}</section>`;
  }
}

customElements.define("pw-profile", ProfileView);
