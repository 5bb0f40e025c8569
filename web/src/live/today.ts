/** <pw-today>: what today has taken so far: electricity against yesterday by the same time, CO2, its rate, cost. */

import { html, nothing, type TemplateResult } from "lit";
import { get, type EmissionReport, type EnergyReport } from "../api.ts";
import { parkOf } from "../areas.ts";
import type { Costs } from "../cost/answers.ts";
import { NONE, scaleFor, three } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { figure } from "../parts/figure.ts";
import { store } from "../store.ts";
import { clock, iso } from "../time.ts";
import { daySpan, QUARTER_MS } from "./days.ts";
import { deviationOf, deviationText } from "./deviation.ts";
import { sumOf, type Sum } from "./sums.ts";

const SETTLED_AFTER_MS = 20_000;

interface Day {
  until: number;
  bought: Sum;
  yesterday: Sum;
  co2: Sum;
  /** CO2 of the electricity bought alone [kg]. */
  boughtCo2: Sum;
  cost: Sum;
  currency: string;
}

class Today extends Asking<Day> {
  get #area(): string {
    return store.route.area ?? parkOf(store.site?.areas ?? [])?.code ?? "";
  }

  /** The end of the last quarter hour that is settled. */
  get #until(): number {
    return Math.floor((store.now() - SETTLED_AFTER_MS) / QUARTER_MS) * QUARTER_MS;
  }

  protected override get question(): string | null {
    if (!store.live || this.#until <= daySpan(store.now(), this.zone, 0).from) return null;
    return `${this.#area}|${this.#until}`;
  }

  protected override async ask(): Promise<Day> {
    const [until, now] = [this.#until, store.now()];
    const [today, before] = [daySpan(now, this.zone, 0).from, daySpan(now, this.zone, -1).from];
    const bought = (from: number): Promise<EnergyReport> => get("/energy", { ...this.#span(from, from + until - today), quantity: "energy_import" });
    const [own, other, emitted, costs] = await Promise.all([
      bought(today), bought(before), get<EmissionReport>("/emissions", { ...this.#span(today, until), basis: "location", revision: "current" }),
      store.site?.tariff ? get<Costs>("/cost", this.#span(today, until)) : null,
    ]);
    const co2 = emitted.series.filter((one) => one.gas === "CO2");
    return {
      until, bought: sumOf(own.series), yesterday: sumOf(other.series), co2: sumOf(co2), boughtCo2: sumOf(co2.filter((one) => one.quantity === "energy_import")),
      cost: sumOf((costs?.series ?? []).map((one) => ({ values: one.costs, estimated: one.estimated }))), currency: costs?.currency ?? "",
    };
  }

  #span(from: number, to: number): Record<string, string> {
    return { from: iso(from), to: iso(to), step: "15min", by: "area", area: this.#area };
  }

  protected override render(): TemplateResult {
    const until = this.answer ? this.words.todayUntil(clock(this.answer.until, this.zone)) : "";
    return html`<h2>${this.words.todayTitle} <span class="subject">${until}</span></h2>${this.question === null ? nothing : this.body()}`;
  }

  protected override filled(day: Day): TemplateResult {
    const words = this.words;
    const rate = day.boughtCo2.value !== null && day.bought.value ? (1000 * day.boughtCo2.value) / day.bought.value : null;
    return html`<dl class="pairs">
      ${pair(words.boughtElectricity, written(day.bought, "kWh"), this.#against(day))}
      ${pair(words.co2, written(day.co2, "kg"))}
      ${pair(words.todayRate, html`<span class="digits">${three(rate)}</span> <span class="unit">g/kWh</span>`)}
      ${day.currency ? pair(words.charge, html`<span class="digits">${day.cost.estimated && day.cost.value !== null ? "~" : ""}${three(day.cost.value)}</span> <span class="unit">${day.currency}</span>`) : nothing}
    </dl>`;
  }

  #against({ bought, yesterday }: Day): string {
    const off = deviationOf(bought.value, yesterday.value ?? undefined);
    return off === null || off.share === null ? NONE : this.words.todayAgainst(deviationText(off));
  }
}

function written({ value, estimated }: Sum, unit: string): TemplateResult {
  return figure(value, scaleFor(unit, [value]), unit, { estimated });
}

function pair(label: string, value: TemplateResult, below = ""): TemplateResult {
  return html`<div><dt>${label}</dt><dd>${value}${below ? html`<span class="when">${below}</span>` : nothing}</dd></div>`;
}

customElements.define("pw-today", Today);
