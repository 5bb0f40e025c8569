/** <pw-flow>: from carriers to users, with losses and what nobody metered; the pools behind it as a table. */

import { html, nothing, type TemplateResult } from "lit";
import { get } from "../api.ts";
import { parkOf } from "../areas.ts";
import { coverage, exact, NONE, percent, scaleFor, three, unitText, type Scale } from "../numbers.ts";
import { Asking } from "../parts/asking.ts";
import { carrierWord } from "../parts/carrier.ts";
import "../parts/exhibit.ts";
import type { DrawShown } from "../parts/exhibit.ts";
import type { Sheet } from "../parts/sheet.ts";
import { lackOf } from "../reports/reason.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import { day, iso } from "../time.ts";
import type { Line, Pool, Pools } from "./answers.ts";
import { flowOf, summed, type Flow, type FlowNode } from "./links.ts";
import { periodPicker, spanOf, spanText } from "./period.ts";

const REFRESH_MS = 300_000;
const CO2 = "co2";
const ROW = 44;
const LEAST = 260;
const LEAST_SHARE = 1e-6;
const THINNEST = 5e-4;
/** A flow under this share of the largest is a line, and the name over it keeps clear of it. */
const LINE = 0.05;

class FlowView extends Asking<Pools> {
  protected override get question(): string {
    const { days, day: one } = store.route;
    return [days, one, day(store.now(), this.zone), Math.floor(store.now() / REFRESH_MS)].join("|");
  }

  protected override ask(): Promise<Pools> {
    const span = spanOf(store.route, store.now(), this.zone);
    return get<Pools>("/pools", { from: iso(span.from), to: iso(span.to), step: "day" });
  }

  get #area(): string {
    return store.route.area ?? parkOf(store.site?.areas ?? [])?.code ?? "";
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<div class="report">
      <section class="panel">
        <header class="report-head"><h2>${words.flowTitle} <span class="subject">${words.flowSubject}</span></h2>${periodPicker(words, this.zone)}</header>
        ${this.body()}
      </section>
      ${this.answer ? this.#table(this.answer) : nothing}
    </div>`;
  }

  /** The chosen area's pools, and for a part of the park also those of what lies in it. */
  #inside = (code: string): boolean => {
    const top = this.#area;
    if (code === top) return true;
    if (top === parkOf(store.site?.areas ?? [])?.code) return false;
    for (let at: string | null = code; at; at = store.site?.areas.find((area) => area.code === at)?.parent ?? null) if (at === top) return true;
    return false;
  };

  protected override filled(answer: Pools): TemplateResult {
    const words = this.words;
    const here = answer.pools.filter((pool) => this.#inside(pool.area));
    const carriers = [...new Set(here.map((pool) => pool.carrier))];
    if (carriers.length === 0) return html`<p class="empty">${words.noPools}</p>`;
    const shown = store.route.show === CO2 ? CO2 : (carriers.find((one) => one === store.route.show) ?? carriers.find((one) => one === "electricity") ?? carriers[0] ?? "");
    const flow = shown === CO2 ? flowOf(answer.pools, "co2", this.#inside) : flowOf(answer.pools.filter((pool) => pool.carrier === shown), "amount", this.#inside);
    const unit = shown === CO2 ? "kg" : (here.find((pool) => pool.carrier === shown)?.unit ?? "");
    return html`${this.#choice(carriers, shown)}
      ${flow.over.map((one) => html`<p class="low">${words.moreLeft(this.#areaName(one.area), carrierWord(one.carrier, words), `${three(one.value)} ${unitText(unit)}`)}</p>`)}
      ${flow.links.length === 0 ? html`<p class="empty">${words.noFlow}</p>` : this.#drawing(flow, shown, unit)}
      ${answer.shortfalls.map((one) => html`<p class="low">${lackOf(one, store.route.language)}</p>`)}`;
  }

  #choice(carriers: readonly string[], shown: string): TemplateResult {
    const entry = (show: string, word: string): TemplateResult => html`<a href=${href({ ...store.route, show })} aria-current=${String(show === shown)}>${word}</a>`;
    return html`<nav class="periods flow-choice" aria-label=${this.words.measure}>${carriers.map((one) => entry(one, carrierWord(one, this.words)))}${entry(CO2, this.words.co2)}</nav>`;
  }

  #drawing(flow: Flow, shown: string, unit: string): TemplateResult {
    const words = this.words;
    const scale = scaleFor(unit, flow.links.map((link) => link.value), 10_000);
    const when = spanText(spanOf(store.route, store.now(), this.zone), this.zone);
    const what = shown === CO2 ? words.co2 : carrierWord(shown, words);
    const ends = flow.nodes.filter((node) => !flow.links.some((link) => link.from === node.id)).length;
    return html`<pw-exhibit
      .heading=${`${words.flowTitle} · ${this.#areaName(this.#area)} · ${what} · ${when} [${unitText(scale.unit)}${shown === CO2 ? " CO2" : ""}]`}
      .file=${`flow-${this.#area}-${shown}`} .sheet=${this.#sheet(flow, unit)} .keys=${[]} .height=${Math.max(LEAST, ends * ROW)}
      .draw=${this.#draw(flow, scale)} .version=${JSON.stringify([flow.links, this.#area, shown])}
      .pick=${(data: unknown) => this.#open(flow, data)}
    ></pw-exhibit>`;
  }

  /** An end that is an area opens it, one that is a meter its page. */
  #open(flow: Flow, data: unknown): void {
    const id = (data as { name?: string } | null)?.name;
    const node = flow.nodes.find((one) => one.id === id);
    if (node?.kind === "area" || node?.kind === "pool") store.go({ area: node.code === parkOf(store.site?.areas ?? [])?.code ? null : node.code });
    else if (node && store.meters.has(node.code)) store.go({ page: "meters", meter: node.code });
  }

  #sheet(flow: Flow, unit: string): Sheet {
    const words = this.words;
    const said = (id: string): string => this.#named(flow.nodes.find((node) => node.id === id));
    const into = (id: string): number => flow.links.filter((link) => link.from === id).reduce((sum, link) => sum + link.value, 0);
    return {
      columns: [{ name: words.flowFrom }, { name: words.flowTo }, { name: words.carrier }, { name: words.amount, unit: unitText(unit), number: true, decimals: 1 }, { name: words.share, unit: "%", number: true, decimals: 1 }, { name: words.meters }],
      rows: flow.links.map((link) => [said(link.from), said(link.to), carrierWord(link.carrier, words), link.value, (100 * link.value) / into(link.from), link.meters.join(", ")]),
    };
  }

  #draw(flow: Flow, scale: Scale): DrawShown {
    const write = (value: number): string => `${three(value / scale.divisor)} ${unitText(scale.unit)}`;
    const most = Math.max(...flow.links.map((link) => link.value));
    // What is too thin to be seen stands in the table alone.
    const links = flow.links.filter((link) => link.value > most * THINNEST);
    const nodes = flow.nodes.filter((node) => links.some((link) => link.from === node.id || link.to === node.id));
    const thin = ({ id }: FlowNode): boolean => links.every((link) => (link.from !== id && link.to !== id) || link.value < most * LINE);
    return (tint, width) => {
      const narrow = width < 560;
      const clear = { textBorderColor: tint("surface"), textBorderWidth: 4 };
      const label = { color: tint("ink"), fontSize: 12, width: narrow ? 92 : 228, overflow: "truncate" as const };
      return {
        tooltip: {
          renderMode: "richText",
          formatter: ({ data, value }: { data: { source?: string; target?: string; name?: string }; value: number }) =>
            data.source ? `${this.#named(flow.nodes.find((one) => one.id === data.source))} → ${this.#named(flow.nodes.find((one) => one.id === data.target))}\n${write(value)}` : `${this.#named(flow.nodes.find((one) => one.id === data.name))}\n${write(value)}`,
        },
        series: [{
          type: "sankey", left: 8, right: narrow ? 104 : 244, top: 8, bottom: 8, nodeWidth: 12, nodeGap: narrow ? 30 : 12, draggable: false, layoutIterations: 32,
          emphasis: { focus: "adjacency" },
          data: nodes.map((node) => ({ name: node.id, itemStyle: { color: tint(tokenOf(node)), borderWidth: 0 }, label: { ...label, ...(thin(node) ? clear : {}), show: !narrow || node.kind !== "pool" } })),
          links: links.map((link) => ({ source: link.from, target: link.to, value: link.value, lineStyle: { color: tint(link.to === "rest" ? "warning" : link.carrier), opacity: 0.32 } })),
          label: { ...label, formatter: ({ name, value }: { name: string; value: number }) => `${this.#named(flow.nodes.find((one) => one.id === name))}${narrow ? "\n" : "  "}${write(value)}` },
        }],
      };
    };
  }

  #areaName(code: string): string {
    return this.name(store.site?.areas.find((area) => area.code === code)?.name, code);
  }

  #named(node: FlowNode | undefined): string {
    const words = this.words;
    if (!node) return "";
    const carrier = carrierWord(node.carrier, words);
    switch (node.kind) {
      case "source":
        return words.boughtOf(carrier);
      case "export":
        return words.exportOf(carrier);
      case "own":
        return words.usedHere(this.#areaName(node.code));
      case "rest":
        return words.lossesUnmetered;
      case "pool":
        return store.route.show === CO2 ? `${this.#areaName(node.code)}, ${carrier}` : this.#areaName(node.code);
      case "area":
        return node.id.startsWith("from:") ? words.fedBy(this.#areaName(node.code)) : this.#areaName(node.code);
      case "converter":
        return this.name(this.answer?.converters.find((one) => one.code === node.code)?.name, node.code);
      default:
        return this.name(store.meters.get(node.code)?.name, node.code);
    }
  }

  #table(answer: Pools): TemplateResult {
    const words = this.words;
    const pools = answer.pools.filter((pool) => this.#inside(pool.area) || store.site?.areas.find((area) => area.code === pool.area)?.parent === this.#area);
    return html`<section class="panel"><h2>${words.poolsTitle} <span class="subject">${words.poolsSubject}</span></h2>
      <div class="scroll" tabindex="0" role="region" aria-label=${words.poolsTitle}><table>
        <thead><tr><th scope="col">${words.area}</th><th scope="col">${words.carrier}</th><th scope="col" class="number">${words.poolEntered}</th><th scope="col">${words.unit}</th>
          <th scope="col" class="number">${words.intensityOfMix} <span class="unit">kg CO₂</span></th><th scope="col" class="number">${words.selfConsumption}</th><th scope="col" class="number">${words.selfSufficiency}</th>
          <th scope="col" class="number">${words.lossesUnmetered}</th><th scope="col" class="number">${words.coverage}</th></tr></thead>
        <tbody>${pools.map((pool) => this.#pool(pool))}</tbody></table></div></section>`;
  }

  #pool(pool: Pool): TemplateResult {
    const entered = summed(pool.entered);
    const rest = summed(pool.rest);
    const ends = pool.rows.every((row) => row.inwards);
    const share = entered && rest !== null && !ends ? (Math.abs(rest / entered) < LEAST_SHARE ? 0 : rest / entered) : null;
    const rate = weighted(pool.rate["CO2"], pool.entered);
    // The day that runs is known only until now.
    const whole = store.route.day ? pool.known : pool.known.slice(0, -1);
    const known = whole.filter((value) => value !== null);
    const part = (line: Line): TemplateResult | string => (weighted(line, pool.entered) === null ? NONE : html`${percent(weighted(line, pool.entered))} <span class="unit">%</span>`);
    return html`<tr>
      <th scope="row"><a href=${href({ ...store.route, area: pool.area })}>${this.name(pool.name, pool.area)}</a></th><td>${carrierWord(pool.carrier, this.words)}</td>
      <td class="number" title=${exact(entered)}>${three(entered)}</td><td>${unitText(pool.unit)}</td>
      <td class="number" title=${exact(rate)}>${rate === null ? NONE : html`${three(rate)} <span class="unit">/ ${unitText(pool.unit)}</span>`}</td>
      <td class="number">${part(pool.self_consumption)}</td><td class="number">${part(pool.self_sufficiency)}</td>
      <td class="number ${(share ?? 0) < -1e-6 ? "low" : ""}">${share === null ? NONE : html`${percent(share)} <span class="unit">%</span>`}</td>
      <td class="number">${known.length === 0 ? NONE : html`${coverage(Math.min(...known))} <span class="unit">%</span>`}</td>
    </tr>`;
  }
}

/** Mean of what is known, by what entered. */
function weighted(line: readonly (number | null)[] | undefined, by: readonly (number | null)[]): number | null {
  const pairs = (line ?? []).flatMap((value, i) => (value === null || !by[i] ? [] : [[value, by[i]] as const]));
  const weight = pairs.reduce((sum, [, each]) => sum + each, 0);
  return weight > 0 ? pairs.reduce((sum, [value, each]) => sum + value * each, 0) / weight : null;
}

function tokenOf(node: FlowNode): string {
  if (node.kind === "generation") return "pv";
  if (node.kind === "rest") return "warning";
  return ["meter", "area", "own"].includes(node.kind) ? "ink-2" : node.carrier;
}

customElements.define("pw-flow", FlowView);
