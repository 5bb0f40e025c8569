/** <pw-shares>: how much fell into each band, against the valley share that was set. */

import { html, type TemplateResult } from "lit";
import { get, type Name } from "../api.ts";
import { fixed, percent } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { bandToken } from "../parts/band.ts";
import "../parts/exhibit.ts";
import type { DrawShown, Key } from "../parts/exhibit.ts";
import type { Cell, Sheet } from "../parts/sheet.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import type { Shares } from "./answers.ts";
import { dayAfter } from "./days.ts";

const KINDS = ["enterprise", "area", "product"] as const;
const ROW = 34;
type Group = Shares["series"][number];

class SharesPanel extends Asking<Shares> {
  static override properties = { first: { attribute: false }, last: { attribute: false } };
  declare first: string;
  declare last: string;

  get #by(): (typeof KINDS)[number] {
    return KINDS.find((kind) => kind === store.route.by) ?? "enterprise";
  }

  protected override get question(): string {
    return [this.first, this.last, this.#by].join();
  }

  protected override ask(): Promise<Shares> {
    return get<Shares>("/band-shares", { from: this.first, to: dayAfter(this.last), by: this.#by });
  }

  protected override render(): TemplateResult {
    const words = this.words;
    const named = { enterprise: words.byEnterprise, area: words.byLine, product: words.byProduct };
    return html`<header class="report-head">
        <h2>${words.bandShares}</h2>
        <nav class="periods" aria-label=${words.groups}>
          ${KINDS.map((kind) => html`<a href=${href({ ...store.route, by: kind === "enterprise" ? null : kind })} aria-current=${String(kind === this.#by)}>${named[kind]}</a>`)}
        </nav>
      </header>
      ${this.body()}`;
  }

  protected override filled(answer: Shares): TemplateResult {
    const words = this.words;
    const groups = answer.series.filter((group) => group.bands.length > 0 && (this.#by !== "area" || !this.#whole(group.key)));
    if (groups.length === 0) return html`<p class="empty">${this.#by === "product" ? words.noProducts : words.noEnergy}</p>`;
    const bands = this.#bands(groups);
    const keys = bands.map((band) => ({ name: this.name(band.name, band.code), token: `band-${bandToken(band.code)}` }));
    const target = answer.target;
    return html`<p class="hint">${target === null ? words.noTarget : words.targetShare(percent(target))}</p>
      <pw-exhibit
        .heading=${`${words.bandShares} · ${this.first} – ${this.last} [%]`}
        .file=${`band-shares-${this.#by}-${this.first}-${this.last}`}
        .sheet=${this.#sheet(groups, bands, target)}
        .keys=${keys}
        .height=${groups.length * ROW + 44}
        .draw=${this.#draw(groups, bands, keys, target)}
        .version=${JSON.stringify([this.first, groups])}
      ></pw-exhibit>
      ${this.#short(groups, target)}`;
  }

  #whole(code: string): boolean {
    return store.site?.areas.find((area) => area.code === code)?.kind === "park";
  }

  #bands(groups: readonly Group[]): { code: string; name: Name }[] {
    const found = groups.flatMap((group) => group.bands.map((band) => [band.band ?? "", band.name] as const));
    const rank = (code: string): number => store.site?.tariff?.bands.find((band) => band.code === code)?.rank ?? 9;
    return [...new Map(found)].map(([code, name]) => ({ code, name })).sort((a, b) => rank(a.code) - rank(b.code));
  }

  #sheet(groups: readonly Group[], bands: readonly { code: string; name: Name }[], target: number | null): Sheet {
    const words = this.words;
    const of = (group: Group, code: string) => group.bands.find((band) => (band.band ?? "") === code);
    const product = this.#by === "product";
    return {
      columns: [
        { name: words.name }, { name: words.bought, unit: "kWh", number: true, decimals: 0 },
        ...bands.flatMap((band) => [
          { name: this.name(band.name, band.code), unit: "kWh", number: true, decimals: 0 },
          { name: this.name(band.name, band.code), unit: "%", number: true, decimals: 1 },
        ]),
        ...(target === null ? [] : [{ name: words.shortOf, unit: "kWh", number: true, decimals: 0 }]),
        ...(product ? [{ name: words.produced, number: true }, { name: words.unit }] : []),
      ],
      rows: groups.map((group): Cell[] => [
        this.name(group.name, group.key), group.kwh,
        ...bands.flatMap((band) => [of(group, band.code)?.kwh ?? 0, 100 * (of(group, band.code)?.share ?? 0)]),
        ...(target === null ? [] : [group.short_kwh]),
        ...(product ? [group.produced, group.unit ?? ""] : []),
      ]),
    };
  }

  #draw(groups: readonly Group[], bands: readonly { code: string }[], keys: readonly Key[], target: number | null): DrawShown {
    const words = this.words;
    return (tint, width, shown) => {
      const names = width < 560 ? 104 : 180;
      const limit = target === null ? {} : {
        markLine: {
          silent: true, symbol: "none", lineStyle: { color: tint("ink"), type: "solid", width: 1.5 },
          label: { formatter: `${words.target} ${percent(target)} %`, color: tint("ink"), position: "start", distance: 2 },
          data: [{ xAxis: 100 * target }],
        },
      };
      return {
        grid: { left: names, right: 16, top: 20, bottom: 24 },
        tooltip: { trigger: "item", renderMode: "richText", valueFormatter: (value: number) => `${fixed(value, 1)} %` },
        xAxis: { type: "value", max: 100, axisLabel: { color: tint("ink-2"), formatter: "{value} %" }, splitLine: { lineStyle: { color: tint("line") } } },
        yAxis: { type: "category", inverse: true, data: groups.map((group) => this.name(group.name, group.key)), axisTick: { show: false }, axisLine: { lineStyle: { color: tint("line") } }, axisLabel: { color: tint("ink"), width: names - 12, overflow: "truncate" } },
        series: bands.map((band, i) => ({
          type: "bar", stack: "share", name: keys[i]?.name, barWidth: 20, itemStyle: { color: tint(keys[i]?.token ?? "ink-2") },
          data: shown(i) ? groups.map((group) => 100 * (group.bands.find((one) => (one.band ?? "") === band.code)?.share ?? 0)) : [],
          label: { show: true, color: tint("surface"), fontSize: 11, formatter: ({ value }: { value: number }) => (value >= (width < 560 ? 14 : 6) ? `${fixed(value, 0)} %` : "") },
          ...(i === 0 ? limit : {}),
        })),
      };
    };
  }

  #short(groups: readonly Group[], target: number | null): TemplateResult | string {
    const words = this.words;
    const below = groups.filter((group) => (group.short_kwh ?? 0) > 0);
    if (target === null) return "";
    if (below.length === 0) return html`<p class="verdict good">✓ ${words.allReach(percent(target))}</p>`;
    return html`<ul class="reasons">${below.map((group) => html`<li>${words.shortText(this.name(group.name, group.key), percent(group.valley_share), fixed(group.short_kwh, 0))}</li>`)}</ul>`;
  }
}

customElements.define("pw-shares", SharesPanel);
