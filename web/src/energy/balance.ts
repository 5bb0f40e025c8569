/** <pw-balance>: every place's balance as a tree: what entered, what is measured behind it, what is lost or not metered. */

import { html, nothing, type TemplateResult } from "lit";
import { get } from "../api.ts";
import { parkOf } from "../areas.ts";
import { coverage, exact, NONE, percent, scaleFor, three, unitText, type Scale } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import "../parts/files.ts";
import type { Cell, Sheet } from "../parts/sheet.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { day, iso } from "../time.ts";
import type { BalancePart, Balances, BalanceSeries } from "./answers.ts";
import { summed } from "./links.ts";
import { periodPicker, spanOf } from "./period.ts";

const REFRESH_MS = 300_000;
const DEEP = 8;

class BalanceView extends Asking<Balances> {
  /** Places that are not as they begin: the first open, all others closed. */
  readonly #turned = new Set<string>();

  protected override get question(): string {
    const { days, day: one } = store.route;
    return [days, one, day(store.now(), this.zone), Math.floor(store.now() / REFRESH_MS)].join("|");
  }

  protected override ask(): Promise<Balances> {
    const span = spanOf(store.route, store.now(), this.zone);
    return get<Balances>("/balance", { from: iso(span.from), to: iso(span.to), step: "day" });
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<div class="report"><section class="panel">
      <header class="report-head"><h2>${words.balanceTitle} <span class="subject">${words.balanceSubject}</span></h2>${periodPicker(words, this.zone)}</header>
      ${this.body()}
    </section></div>`;
  }

  protected override filled(answer: Balances): TemplateResult {
    const words = this.words;
    const top = store.route.area ?? parkOf(store.site?.areas ?? [])?.code ?? "";
    const quantities = [...new Set(answer.series.filter((one) => one.key === top).map((one) => one.quantity))];
    const shown = quantities.find((one) => one === store.route.show) ?? quantities[0];
    const root = answer.series.find((one) => one.key === top && one.quantity === shown);
    if (!root || !shown) return html`<p class="empty">${words.noBalance}</p>`;
    const scale = scaleFor(root.unit, [summed(root.total)], 10_000);
    return html`<nav class="periods flow-choice" aria-label=${words.quantity}>${quantities.map((one) => html`<a href=${href({ ...store.route, show: one })} aria-current=${String(one === shown)}>${this.name(store.site?.quantities[one]?.name, one)}</a>`)}</nav>
      <div class="balance-head" aria-hidden="true"><span>${words.place}</span><span class="number">${unitText(scale.unit)}</span><span class="number">${words.share}</span><span class="share-cell"></span><span>${words.condition}</span></div>
      <ul class="balance">${this.#place(answer, root, summed(root.total) ?? 0, scale, 0)}</ul>
      <div class="beside"><p class="hint">${words.balanceHint}</p>
        <pw-files .heading=${words.balanceTitle} .file=${`balance-${top}-${shown}-${day(spanOf(store.route, store.now(), this.zone).from, this.zone)}`} .sheet=${() => this.#sheet(answer, root)}></pw-files></div>`;
  }

  #sheet(answer: Balances, root: BalanceSeries): Sheet {
    const words = this.words;
    return {
      columns: [{ name: words.place }, { name: this.name(store.site?.quantities[root.quantity]?.name, root.quantity), unit: unitText(root.unit), number: true }, { name: words.share, unit: "%", number: true }, { name: words.coverage, unit: "%", number: true }],
      rows: this.#rows(answer, root, "", null, 0),
    };
  }

  /** A place, then all behind it, each under the names above it, and what is lost there. */
  #rows(answer: Balances, place: BalanceSeries, above: string, whole: number | null, depth: number): Cell[][] {
    const path = `${above}${this.name(place.name, place.key)}`;
    const total = summed(place.total);
    const share = (value: number | null, of: number | null): number | null => (value !== null && of !== null && of > 0 ? (100 * value) / of : null);
    const behind = this.#parts(place).flatMap((part): Cell[][] => {
      const below = depth < DEEP ? this.#below(answer, part, place) : undefined;
      if (below) return this.#rows(answer, below, `${path} / `, total, depth + 1);
      const [value, mean] = [summed(part.values), meanOf(part.coverage)];
      return [[`${path} / ${this.name(part.name, part.key)}`, value, share(value, total), mean === null ? null : 100 * mean]];
    });
    const loss = summed(place.loss);
    return [[path, total, share(total, whole), null], ...behind, ...(loss === null ? [] : [[`${path} / ${this.words.lossesUnmetered}`, loss, share(loss, total), null]])];
  }

  #below(answer: Balances, part: BalancePart, within: BalanceSeries): BalanceSeries | undefined {
    return answer.series.find((one) => one.key === part.key && one.quantity === within.quantity && one.area === part.area);
  }

  #place(answer: Balances, place: BalanceSeries, whole: number, scale: Scale, depth: number): TemplateResult {
    const total = summed(place.total);
    const line = this.#line(place, this.name(place.name, place.key), total, whole, scale, this.#verdict(place));
    const id = `${place.key}|${place.area}`;
    const open = this.#turned.has(id) !== depth < 1;
    return html`<li><div class="balance-row"><button type="button" aria-expanded=${String(open)} aria-label=${this.words.partsOf(this.name(place.name, place.key))} @click=${() => this.#turn(id)}>${open ? "▾" : "▸"}</button>${line}</div>
      ${open ? html`<ul>${this.#parts(place).map((part) => this.#part(answer, part, place, total ?? 0, scale, depth + 1))}${this.#loss(place, total ?? 0, scale)}</ul>` : nothing}</li>`;
  }

  #turn(id: string): void {
    if (!this.#turned.delete(id)) this.#turned.add(id);
    this.requestUpdate();
  }

  #parts(place: BalanceSeries): BalancePart[] {
    return [...place.parts].sort((a, b) => (summed(b.values) ?? 0) - (summed(a.values) ?? 0));
  }

  #part(answer: Balances, part: BalancePart, within: BalanceSeries, whole: number, scale: Scale, depth: number): TemplateResult {
    const below = depth < DEEP ? this.#below(answer, part, within) : undefined;
    if (below) return this.#place(answer, below, whole, scale, depth);
    return html`<li class="leaf">${this.#line(part, this.name(part.name, part.key), summed(part.values), whole, scale, this.#measured(part))}</li>`;
  }

  #line(place: { key: string; area: boolean }, name: string, value: number | null, whole: number, scale: Scale, end: TemplateResult | string): TemplateResult {
    const share = value !== null && whole > 0 ? value / whole : null;
    const address = place.area ? href({ ...store.route, view: "profile", subjects: [place.key], show: null }) : href({ ...store.route, page: "meters", meter: place.key });
    return html`<span class="balance-line"><span class="balance-place"><a href=${address}>${name}</a></span>
      <span class="number" title=${exact(value)}>${three(value === null ? null : value / scale.divisor)}</span>
      <span class="number">${share === null ? NONE : html`${percent(share)} <span class="unit">%</span>`}</span>
      ${bar(share)}<span class="balance-verdict">${end}</span></span>`;
  }

  #measured(part: BalancePart): TemplateResult | string {
    const mean = meanOf(part.coverage);
    if (mean === null) return NONE;
    return mean < 0.95 ? html`<span class="low">${this.words.measured(coverage(mean))}</span>` : "";
  }

  /** What the days say together: worse before better. */
  #verdict(place: BalanceSeries): TemplateResult {
    const words = this.words;
    const count = (verdict: string): number => place.verdict.filter((one) => one === verdict).length;
    const judged = place.verdict.filter((one) => one !== null).length;
    if (count("gained") > 0) return html`<span class="bad">${words.balanceGained(String(count("gained")), String(judged))}</span>`;
    if (count("lost") > 0) return html`<span class="low">${words.balanceLost(String(count("lost")), String(judged))}</span>`;
    return judged > 0 ? html`<span class="good">${words.balanceWithin}</span>` : html`<span class="unit" title=${words.balanceUnjudgedWhy(place.unclassed.join(", "))}>${words.balanceUnjudged}</span>`;
  }

  #loss(place: BalanceSeries, whole: number, scale: Scale): TemplateResult | typeof nothing {
    const loss = summed(place.loss);
    if (loss === null) return nothing;
    const share = whole > 0 ? loss / whole : null;
    const missing = place.missing.length > 0 ? this.words.balanceMissing(place.missing.join(", ")) : "";
    return html`<li class="leaf loss"><span class="balance-line"><span class="balance-place">${this.words.lossesUnmetered}</span>
      <span class="number ${loss < 0 ? "low" : ""}" title=${exact(loss)}>${three(loss / scale.divisor)}</span>
      <span class="number">${share === null ? NONE : html`${percent(share)} <span class="unit">%</span>`}</span>
      ${bar(share)}<span class="balance-verdict">${loss < 0 ? html`<span class="low">${this.words.moreBehind}</span>` : missing}</span></span></li>`;
  }
}

function meanOf(shares: readonly (number | null)[]): number | null {
  const known = shares.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function bar(share: number | null): TemplateResult {
  const wide = Math.min(100, Math.max(0, 100 * (share ?? 0)));
  return html`<svg class="share-cell" height="8" aria-hidden="true"><rect class="track" width="100%" height="8" rx="2" /><rect class="part" width="${wide.toFixed(1)}%" height="8" rx="2" /></svg>`;
}

customElements.define("pw-balance", BalanceView);
