/** <pw-bill>: a month's bill, line by line, and who bears what of it. */

import { html, nothing, type TemplateResult } from "lit";
import { get } from "../api.ts";
import { heldBy, parkOf } from "../areas.ts";
import { coverage, fixed, NONE, three, scaleFor } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import "../parts/exhibit.ts";
import type { Sheet } from "../parts/sheet.ts";
import { href } from "../route.ts";
import { store, wholePark } from "../store.ts";
import type { Bill, BillLine, Bills, OneBill } from "./answers.ts";
import "./comparison.ts";
import "./hours.ts";
import { monthPicker } from "./month.ts";
import { said, saidText } from "./said.ts";
import "./shares.ts";
import { heightOf, stepsOf, waterfall } from "./waterfall.ts";

const REFRESH_MS = 300_000;

class BillView extends Asking<Bills> {
  /** Enterprises with a supply contract of their own in the month. */
  #apart: readonly string[] = [];

  protected override get question(): string {
    const { area, month } = store.route;
    return [area, month, month === null ? Math.floor(store.now() / REFRESH_MS) : ""].join();
  }

  protected override async ask(): Promise<Bills> {
    const asked = store.route.month ? { month: store.route.month } : {};
    if (!wholePark()) return alone(await get<OneBill>("/bill", { ...asked, area: store.route.area ?? "" }));
    const bills = await get<Bills>("/bills", asked);
    const own = heldBy(store.site?.areas ?? [], store.route.area, bills.apart);
    this.#apart = bills.apart;
    return own === null ? bills : get<Bills>("/bills", { ...asked, area: own });
  }

  protected override render(): TemplateResult {
    return html`<div class="report">
      <section class="panel">
        <header class="report-head">
          <h2>${this.words.bill}</h2>
          ${monthPicker(this.words, this.zone)}
        </header>
        ${this.#contracts()}
        ${this.body()}
      </section>
      ${this.answer ? this.#rest(this.answer) : nothing}
    </div>`;
  }

  /** Whose supply contract the bills are of, where there is a choice. */
  #contracts(): TemplateResult | typeof nothing {
    const areas = store.site?.areas ?? [];
    if (this.#apart.length === 0 || !this.answer) return nothing;
    const held = this.answer.park.area;
    const choices = [parkOf(areas)?.code ?? "", ...this.#apart];
    return html`<nav class="periods" aria-label=${this.words.supplyContract}>
      ${choices.map((code, at) => {
        const area = areas.find((each) => each.code === code);
        return html`<a href=${href({ ...store.route, area: at === 0 ? null : code })} aria-current=${code === held ? "page" : "false"}>${area ? this.name(area.name, code) : code}</a>`;
      })}
    </nav>`;
  }

  #rest(bills: Bills): TemplateResult {
    const area = store.route.area ?? bills.park.area;
    return html`<pw-shares class="panel" .first=${bills.first_day} .last=${bills.last_day}></pw-shares>
      <pw-cost-hours class="panel" .first=${bills.first_day} .last=${bills.last_day}></pw-cost-hours>
      <pw-comparison class="panel" .bill=${this.#chosen(bills, area)} .month=${bills.month} .currency=${bills.currency}></pw-comparison>`;
  }

  #chosen(bills: Bills, area: string): Bill | null {
    return [bills.park, ...bills.parties].find((bill) => bill.area === area) ?? null;
  }

  protected override filled(bills: Bills): TemplateResult {
    const words = this.words;
    const bill = this.#chosen(bills, store.route.area ?? bills.park.area);
    if (bill === null) return html`<p class="empty">${words.noBill} <a href=${href({ ...store.route, area: null })}>${words.wholePark}</a></p>`;
    return html`${this.#total(bill, bills)}
      ${bill.lines.length > 0 ? this.#lines(bill, bills) : html`<p class="empty">${words.noBillLines}</p>`}
      ${said(bill.reasons, store.route.language)}
      ${bill.area === bills.park.area && bills.parties.length > 0 ? this.#parties(bills) : nothing}`;
  }

  #total(bill: Bill, bills: Bills): TemplateResult {
    const words = this.words;
    const energy = scaleFor("kWh", [bill.kwh], 10_000);
    const sum = bill.total ?? bill.known;
    return html`<dl class="totals facts-row">
      <div><dt>${this.name(bill.name, bill.area)}
          ${bill.provisional ? html`<span class="tag">${words.provisional}</span>` : nothing}
          ${bills.fictitious ? html`<span class="tag" title=${words.fictitiousHint}>${words.fictitious}</span>` : nothing}</dt>
        <dd class="headline"><span class="digits">${bill.lines.length > 0 ? fixed(Number(sum), 2) : NONE}</span> <span class="unit">${bills.currency}</span></dd>
        ${bill.total === null ? html`<dd class="low sentence">${words.withoutUnknown}</dd>` : nothing}</div>
      <div><dt>${words.bought}</dt>
        <dd><span class="digits">${bill.kwh === null ? NONE : three(bill.kwh / energy.divisor)}</span> <span class="unit">${energy.unit}</span></dd></div>
      <div><dt>${words.coverage}</dt><dd class=${bill.coverage < 0.95 ? "low" : ""}><span class="digits">${coverage(bill.coverage)}</span> <span class="unit">%</span></dd></div>
      <div><dt>${words.days_}</dt><dd class="plain nowrap">${bills.first_day} – ${bills.last_day}</dd></div>
    </dl>`;
  }

  #lines(bill: Bill, bills: Bills): TemplateResult {
    const words = this.words;
    const labelled = bill.lines.map((line) => ({ ...line, label: this.name(line.name, line.code) }));
    const steps = stepsOf(labelled, words.total);
    return html`<pw-exhibit
        .heading=${`${words.bill} · ${this.name(bill.name, bill.area)} · ${bills.month} [${bills.currency}]`}
        .file=${`bill-${bill.area}-${bills.month}`}
        .sheet=${this.#sheet(labelled, bills.currency)}
        .keys=${[]}
        .height=${heightOf(steps)}
        .draw=${waterfall(steps, bills.currency, NONE)}
        .version=${JSON.stringify(steps)}
      ></pw-exhibit>
      ${this.#table(bill, bills)}`;
  }

  #sheet(lines: readonly (BillLine & { label: string })[], currency: string): Sheet {
    const words = this.words;
    const number = (text: string | null): number | null => (text === null ? null : Number(text));
    return {
      columns: [
        { name: words.billLine }, { name: words.amountOf, number: true }, { name: words.unit },
        { name: words.price, unit: currency, number: true }, { name: words.charge, unit: currency, number: true, decimals: 2 },
        { name: words.citation }, { name: words.because },
      ],
      rows: lines.map((line) => [
        line.label, number(line.quantity), line.unit, number(line.price), number(line.amount), saidText(line.source, store.route.language),
        line.reasons.map((reason) => saidText(reason, store.route.language)).join("; "),
      ]),
    };
  }

  #table(bill: Bill, bills: Bills): TemplateResult {
    const words = this.words;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.billLines}>
      <table class="cards">
        <thead><tr>
          <th scope="col">${words.billLine}</th><th scope="col" class="number">${words.amountOf}</th>
          <th scope="col" class="number">${words.price}</th><th scope="col" class="number">${words.charge} <span class="unit">${bills.currency}</span></th>
          <th scope="col">${words.because}</th>
        </tr></thead>
        <tbody>${bill.lines.map((line) => this.#line(line))}</tbody>
      </table>
    </div>`;
  }

  #line(line: BillLine): TemplateResult {
    const words = this.words;
    const percent = line.kind === "power_factor" ? "%" : "";
    return html`<tr>
      <th scope="row">${this.name(line.name, line.code)} ${line.provisional ? html`<span class="tag">${words.provisional}</span>` : nothing}</th>
      <td class="number" data-label=${words.amountOf}><span>${line.quantity === null ? NONE : fixed(Number(line.quantity), 2)} <span class="unit">${line.unit}</span></span></td>
      <td class="number" data-label=${words.price}><span>${line.price === null ? NONE : fixed(Number(line.price), line.price.split(".")[1]?.length ?? 0)} <span class="unit">${percent}</span></span></td>
      <td class="number" data-label=${words.charge}>${line.amount === null ? NONE : fixed(Number(line.amount), 2)}</td>
      <td class="why-cell" data-label=${words.because}><span>${said(line.reasons, store.route.language)}<span class="source-line">${saidText(line.source, store.route.language)}</span></span></td>
    </tr>`;
  }

  #parties(bills: Bills): TemplateResult {
    const words = this.words;
    return html`<h3 class="below">${words.whoBears}</h3>
      <div class="scroll" tabindex="0" role="region" aria-label=${words.whoBears}>
        <table>
          <thead><tr><th scope="col">${words.enterprise}</th><th scope="col" class="number">${words.bought} <span class="unit">kWh</span></th>
            <th scope="col" class="number">${words.charge} <span class="unit">${bills.currency}</span></th><th scope="col" class="number">${words.share} <span class="unit">%</span></th></tr></thead>
          <tbody>${bills.parties.map((one) => html`<tr>
              <th scope="row"><a href=${href({ ...store.route, area: one.area })}>${this.name(one.name, one.area)}</a></th>
              <td class="number">${one.kwh === null ? NONE : fixed(one.kwh, 0)}</td>
              <td class="number">${one.total === null ? NONE : fixed(Number(one.total), 2)}</td>
              <td class="number">${one.total === null || !Number(bills.park.known) ? NONE : fixed((100 * Number(one.total)) / Number(bills.park.known), 1)}</td>
            </tr>`)}
            ${Number(bills.unshared) ? html`<tr><th scope="row">${words.unshared}</th><td class="number">${NONE}</td><td class="number">${fixed(Number(bills.unshared), 2)}</td><td></td></tr>` : nothing}
          </tbody>
        </table>
      </div>
      ${said(bills.reasons, store.route.language)}`;
  }
}

/** What those who are let in for a part of the park are told: their bill, and of nobody else. */
function alone({ bill, ...month }: OneBill): Bills {
  return { ...month, park: bill, parties: [], apart: [], demand: null, unshared: "0", reasons: [] };
}

customElements.define("pw-bill", BillView);
