/** <pw-shifts>: loads that ran in dear hours and could have run in cheap ones. */

import { html, type TemplateResult } from "lit";
import { get, type Schemas } from "../api.ts";
import { bandToken } from "../parts/band.ts";
import { fixed, percent } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import "../parts/exhibit.ts";
import type { DrawShown } from "../parts/exhibit.ts";
import type { Sheet } from "../parts/sheet.ts";
import { valueAxis } from "../parts/value-axis.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { day } from "../time.ts";
import { shifted } from "./days.ts";
import { monthPicker } from "./month.ts";

type Shifts = Schemas["ShiftAnswer"];

class ShiftsView extends Asking<Shifts> {
  protected override get question(): string {
    return this.#month;
  }

  /** What ran is known of the month before the one that runs. */
  get #month(): string {
    return store.route.month ?? shifted(day(store.now(), this.zone).slice(0, 7), -1);
  }

  protected override ask(): Promise<Shifts> {
    return get<Shifts>("/plans/shifts", { month: this.#month });
  }

  protected override render(): TemplateResult {
    return html`<div class="report"><section class="panel">
      <header class="report-head">
        <h2>${this.words.movable} <span class="subject">${this.words.movableSubject}</span></h2>
        ${monthPicker(this.words, this.zone, this.#month)}
      </header>
      ${this.body()}
    </section></div>`;
  }

  protected override filled(answer: Shifts): TemplateResult {
    const words = this.words;
    if (answer.shifts.length === 0) return html`<p class="empty">${words.noShifts(answer.month)}</p>`;
    return html`<dl class="totals facts-row"><div>
        <dt>${words.missedSaving(answer.month)}</dt>
        <dd class="headline"><span class="digits">${fixed(answer.saves, 2)}</span> <span class="unit">${answer.currency}</span></dd>
      </div></dl>
      <pw-exhibit
        .heading=${`${words.movable} · ${answer.month} [${answer.currency}]`} .file=${`movable-loads-${answer.month}`}
        .sheet=${this.#sheet(answer)} .keys=${[]} .height=${answer.shifts.length * 32 + 44} .draw=${this.#draw(answer)}
        .version=${[answer.month, answer.saves].join()}
      ></pw-exhibit>
      <div class="scroll" tabindex="0" role="region" aria-label=${words.movable}>
        <table class="cards">
          <thead><tr><th scope="col">${words.name}</th><th scope="col">${words.usualBlock}</th><th scope="col">${words.cheaperFrom}</th>
            <th scope="col" class="number">${words.saving} <span class="unit">${answer.currency}</span></th>
            <th scope="col" class="number">${words.energyOf} <span class="unit">kWh</span></th><th scope="col" class="number">${words.inDear}</th>
            <th scope="col" class="number">${words.regular}</th></tr></thead>
          <tbody>${answer.shifts.map((one) => html`<tr>
              <th scope="row"><a href=${href({ ...store.route, page: "meters", meter: one.meter })}>${this.name(one.name, one.meter)}</a></th>
              <td class="nowrap" data-label=${words.usualBlock}>${one.from} – ${one.to}</td>
              <td data-label=${words.cheaperFrom}>${one.to_begin_at}</td>
              <td class="number" data-label=${words.saving}>${fixed(one.saves, 2)}</td>
              <td class="number" data-label=${words.energyOf}>${fixed(one.energy, 0)}</td>
              <td class="number" data-label=${words.inDear}><span>${percent(one.energy ? one.dear_energy / one.energy : null)} <span class="unit">%</span></span></td>
              <td class="number" data-label=${words.regular}><span>${words.onDays(String(one.days))}, ${percent(one.regularity)} <span class="unit">%</span></span></td>
            </tr>`)}</tbody>
        </table>
      </div>
      <p class="hint">${words.shiftsHow}</p>`;
  }

  #sheet(answer: Shifts): Sheet {
    const words = this.words;
    return {
      columns: [
        { name: words.name }, { name: words.meters }, { name: words.usualBlock }, { name: words.cheaperFrom },
        { name: words.saving, unit: answer.currency, number: true, decimals: 2 }, { name: words.energyOf, unit: "kWh", number: true, decimals: 0 },
        { name: words.inDear, unit: "kWh", number: true, decimals: 0 }, { name: words.days_, number: true }, { name: words.regular, unit: "%", number: true, decimals: 0 },
      ],
      rows: answer.shifts.map((one) => [this.name(one.name, one.meter), one.meter, `${one.from}–${one.to}`, one.to_begin_at, one.saves, one.energy, one.dear_energy, one.days, 100 * one.regularity]),
    };
  }

  #draw(answer: Shifts): DrawShown {
    return (tint, width) => ({
      grid: { left: width < 560 ? 110 : 200, right: 80, top: 4, bottom: 28 },
      xAxis: valueAxis(answer.currency, tint, width, (value) => fixed(value, 0)),
      yAxis: { type: "category", inverse: true, data: answer.shifts.map((one) => this.name(one.name, one.meter)), axisTick: { show: false }, axisLine: { lineStyle: { color: tint("line") } }, axisLabel: { color: tint("ink"), width: width < 560 ? 100 : 188, overflow: "truncate" } },
      series: [{ type: "bar", barWidth: 18, silent: true, color: tint(`band-${bandToken("peak")}`), data: answer.shifts.map((one) => one.saves), label: { show: true, position: "right", color: tint("ink"), formatter: ({ value }: { value: number }) => fixed(value, 2) } }],
    });
  }
}

customElements.define("pw-shifts", ShiftsView);
