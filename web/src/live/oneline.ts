/** <pw-oneline>: where the power comes from and goes to; on a narrow screen as a list. */

import { html, nothing, svg, type TemplateResult } from "lit";
import type { AreaLive } from "../api.ts";
import { coverage, exact, NONE, scaleFor, three, type Scale } from "../numbers.ts";
import { figure, measured } from "../parts/figure.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { buysAlone, deviationOf, deviationText } from "./deviation.ts";
import { generationWord, sized } from "./generation.ts";
import { curve, layoutOf, type Box, type Layout } from "./layout.ts";
import { networkOf, type Link, type Network, type Node } from "./network.ts";

const LIST_BELOW = 560;
const THINNEST = 1.5;
const THICKEST = 14;
const DIGIT = 8.5;
const STILL_KW = 0.05;
const LISTED: Scale = { unit: "kg/h", divisor: 1 };

class OneLine extends View {
  #width = 0;
  #network: Network | null = null;
  #drawnFrom: unknown[] = [];
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

  protected override willUpdate(): void {
    if (this.#drawnFrom[0] === store.site && this.#drawnFrom[1] === store.meters) return;
    this.#drawnFrom = [store.site, store.meters];
    this.#network = store.site ? networkOf(store.site.areas, store.meters.values(), store.site.storages) : null;
  }

  protected override render(): TemplateResult {
    const network = this.#network;
    if (store.live && store.site) store.usual.wanted(store.now(), store.site.zone);
    return html`<h2>${this.words.oneLine} <span class="subject">${this.words.oneLineSubject}</span></h2>
      ${!network || !store.live || this.#width === 0
        ? nothing
        : network.links.length === 0
          ? html`<p class="empty">${this.words.noTree}</p>`
          : this.#width < LIST_BELOW
            ? this.#list(network)
            : this.#drawing(network)}`;
  }

  #drawing(network: Network): TemplateResult {
    const layout = layoutOf(network, this.#width);
    const scale = scaleFor("kW", network.links.map((link) => this.#power(link)), 10_000);
    const largest = Math.max(1, ...network.links.map((link) => Math.abs(this.#power(link) ?? 0)));
    return html`<svg class="oneline" width=${this.#width} height=${layout.height + 4} role="group" aria-label=${this.words.oneLine}>
      <g transform="translate(0 2)">
        ${network.links.map((link) => this.#flow(link, layout, largest, scale))}
        ${network.nodes.map((node) => this.#node(node, layout.boxes.get(node.id), scale))}
      </g>
    </svg>`;
  }

  #flow(link: Link, layout: Layout, largest: number, scale: Scale): TemplateResult | typeof nothing {
    const from = layout.boxes.get(link.from);
    const to = layout.boxes.get(link.to);
    if (!from || !to) return nothing;
    const power = this.#power(link);
    const wide = power === null ? 1 : Math.max(THINNEST, (THICKEST * Math.abs(power)) / largest);
    const kind = power === null ? "unknown" : Math.abs(power) < STILL_KW ? "still" : power < 0 ? "back" : "forth";
    const path = curve(from, to);
    const text = this.words.flowLine(this.#title(link.from), this.#title(link.to), written(power, scale));
    return svg`<g class="flow flow-${kind} ${link.of}">
      <title>${text}</title>
      <path class="pipe" d=${path} stroke-width=${wide.toFixed(1)} />
      <path class="stream speed-${speedOf(power, largest)}" d=${path} stroke-width=${Math.max(1, wide * 0.35).toFixed(1)} />
    </g>`;
  }

  /** Along the arrow [kW]; null when any of its meters says nothing. Power counts into an area, so giving is negative. */
  #power(link: Link): number | null {
    let sum = 0;
    for (const code of link.meters) {
      const row = store.live?.meters.get(code);
      if (!row || row.power_kw === null || row.state === "stale" || row.state === "never") return null;
      sum += row.power_kw;
    }
    return link.of === "import" ? sum : -sum;
  }

  #into(id: string): number | null {
    const links = this.#network?.links.filter((link) => link.to === id && link.of === "import") ?? [];
    const powers = links.map((link) => this.#power(link));
    return links.length === 0 || powers.includes(null) ? null : powers.reduce<number>((a, b) => a + (b ?? 0), 0);
  }

  #outOf(id: string): number | null {
    const link = this.#network?.links.find((one) => one.from === id);
    return link ? this.#power(link) : null;
  }

  #node(node: Node, box: Box | undefined, scale: Scale): TemplateResult | typeof nothing {
    if (!box) return nothing;
    const chosen = node.kind === "area" && store.route.area === node.code;
    const lines = this.#lines(node, scale);
    return svg`<g class="node node-${node.kind.replace("park-", "")} ${chosen ? "chosen" : ""}" transform="translate(${box.x.toFixed(1)} ${box.y.toFixed(1)})">
      <title>${this.#title(node.id)}${lines.hover}</title>
      <rect width=${box.width} height=${box.height} rx="6" />
      ${node.kind === "area" ? this.#areaText(node, box, lines) : stacked(this.#short(node.id, box.width), lines, box)}
    </g>`;
  }

  #areaText(node: Node, box: Box, lines: Lines): TemplateResult {
    const choose = (): void => store.go({ area: store.route.area === node.code ? null : node.code });
    const press = (event: KeyboardEvent): void => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose();
    };
    return svg`<rect class="hit" width=${box.width} height=${box.height} rx="6" tabindex="0" role="button"
        aria-pressed=${store.route.area === node.code ? "true" : "false"}
        aria-label="${this.#title(node.id)} ${lines.value} ${lines.detail} ${lines.end}" @click=${choose} @keydown=${press} />
      <text x="12" y="21" class="title">${this.#short(node.id, box.width - 32 - DIGIT * lines.value.length)}</text>
      <text x=${box.width - 12} y="21" class="value" text-anchor="end">${lines.value}</text>
      <text x="12" y="40" class="detail">${lines.detail}</text>
      <text x=${box.width - 12} y="40" class="detail ${lines.noted ? "warn" : ""}" text-anchor="end">${lines.end}</text>`;
  }

  #lines(node: Node, scale: Scale): Lines {
    if (node.kind === "area") return this.#areaLines(node, scale);
    if (node.kind.endsWith("generation") || node.kind.endsWith("storage")) return this.#given(node, scale);
    const power = (node.kind === "grid" ? store.live?.park.import_kw : this.#into(node.id)) ?? null;
    const back = power !== null && power < 0;
    const value = node.kind === "grid" && back ? this.words.feedIn(written(-power, scale)) : written(power, scale);
    return { value, detail: rateText(this.#rate(node.kind === "grid" ? this.#doors() : [node.code])), end: "", noted: false, hover: hover(power) };
  }

  #given(node: Node, scale: Scale): Lines {
    const power = this.#outOf(node.id);
    const before = this.#wayOf(node, power);
    return { before, value: written(before ? sized(power) : power, scale), detail: "", end: "", noted: false, hover: hover(power) };
  }

  /** A word where a figure alone would not tell; what makes nothing draws a little, as inverters do at night. */
  #wayOf(node: Node, power: number | null): string {
    if (power === null) return "";
    if (node.kind.endsWith("generation")) return power < 0 ? this.words.draws : "";
    return Math.abs(power) < STILL_KW ? "" : power < 0 ? this.words.charging : this.words.discharging;
  }

  /** The meters through which the grid feeds the park. */
  #doors(): string[] {
    return this.#network?.links.filter((link) => link.from === "grid" && link.of === "import").flatMap((link) => link.meters) ?? [];
  }

  /** CO2 of what passes the meters [kg/h]; null when any of them has none. */
  #rate(meters: readonly string[]): number | null {
    const rates = meters.map((code) => store.live?.meters.get(code)).map((row) => (row?.state === "stale" ? null : (row?.co2_kg_per_h ?? null)));
    return rates.length === 0 || rates.includes(null) ? null : rates.reduce<number>((a, b) => a + (b ?? 0), 0);
  }

  #areaLines(node: Node, scale: Scale): Lines {
    const row = store.live?.areas.get(node.code);
    const off = row?.coverage === 1 ? deviationOf(row.import_kw, store.usual.areas.get(node.code)) : null;
    const part = row && least(row) < 0.95 ? this.words.measured(coverage(least(row))) : "";
    return {
      value: written(row?.power_kw ?? null, scale),
      detail: rateText(row?.co2_kg_per_h ?? null),
      end: part || (off && row ? (buysAlone(row) ? this.words.againstUsual : this.words.buysAgainstUsual)(deviationText(off)) : ""),
      noted: part !== "" || off?.noted === true,
      hover: hover(row?.power_kw ?? null),
    };
  }

  #title(id: string): string {
    const node = this.#network?.nodes.find((one) => one.id === id);
    if (!node) return id;
    if (node.kind === "grid") return this.words.grid;
    if (node.kind.endsWith("generation") || node.kind.endsWith("storage")) return this.#giver(id, node.kind.endsWith("storage"));
    if (node.kind === "area") return this.name(store.site?.areas.find((area) => area.code === node.code)?.name, node.code);
    return this.name(store.meters.get(node.code)?.name, node.code);
  }

  #giver(id: string, storage: boolean): string {
    const meters = this.#network?.links.find((link) => link.from === id)?.meters ?? [];
    const only = meters.length === 1 ? store.meters.get(meters[0] ?? "") : undefined;
    const name = storage ? store.site?.storages.find((one) => one.meter === only?.code)?.name : only?.name;
    return this.name(name, storage ? this.words.storage : this.words.generation);
  }

  /** A name cut to what fits [px]; Chinese characters are about twice as wide. */
  #short(id: string, room: number): string {
    const text = this.#title(id);
    let used = 0;
    for (let i = 0; i < text.length; i++) {
      used += text.charCodeAt(i) > 0x2e80 ? 14 : 7.2;
      if (used > room) return `${text.slice(0, Math.max(1, i - 1)).trimEnd()}…`;
    }
    return text;
  }

  #list(network: Network): TemplateResult {
    const park = store.live?.park;
    const areas = network.nodes.filter((node) => node.kind === "area");
    const scale = scaleFor("kW", network.links.map((link) => this.#power(link)), 10_000);
    const own = (power: number | null | undefined): TemplateResult => figure(power, scale, "kW");
    const storages = network.nodes.filter((node) => node.kind.endsWith("storage"));
    return html`<ul class="flow-list">
      ${this.#exchange(park?.import_kw ?? null, own)}
      <li><span>${generationWord(park?.generation_kw, this.words)}</span><span class="two">${own(sized(park?.generation_kw))}<span></span></span></li>
      ${storages.map((node) => html`<li><span>${this.#title(node.id)}</span><span>${told(this.#given(node, scale))}</span></li>`)}
      ${areas.map((node) => this.#item(node, own))}
    </ul>`;
  }

  #exchange(power: number | null, own: (power: number | null) => TemplateResult): TemplateResult {
    const back = power !== null && power < 0;
    return html`<li><span>${back ? this.words.fedIn : this.words.importFromGrid}</span>
      <span class="two">${own(back ? -power : power)}${figure(this.#rate(this.#doors()), LISTED, "kg/h")}</span></li>`;
  }

  #item(node: Node, own: (power: number | null | undefined) => TemplateResult): TemplateResult {
    const row = store.live?.areas.get(node.code);
    return html`<li class="sub">
      <span>${this.#title(node.id)} ${measured(row && least(row), this.words)}</span>
      <span class="two">${own(row?.power_kw)}${figure(row?.co2_kg_per_h, LISTED, "kg/h")}</span>
    </li>`;
  }
}

interface Lines {
  before?: string;
  value: string;
  detail: string;
  end: string;
  noted: boolean;
  hover: string;
}

function stacked(title: string, lines: Lines, box: Box): TemplateResult {
  const middle = box.height / 2 - (lines.detail ? 8 : 0);
  return svg`<text x=${box.width / 2} y=${middle - 5} class="title" text-anchor="middle">${title}</text>
    <text x=${box.width / 2} y=${middle + 14} class="value" text-anchor="middle">${lines.before ? svg`<tspan class="detail">${lines.before} </tspan>` : nothing}${lines.value}</text>
    <text x=${box.width / 2} y=${middle + 31} class="detail" text-anchor="middle">${lines.detail}</text>`;
}

function told({ before, value }: Lines): string {
  return before ? `${before} ${value}` : value;
}

/** [kg/h] */
function rateText(rate: number | null): string {
  const scale = scaleFor("kg/h", [rate]);
  return rate === null ? "" : `${three(rate / scale.divisor)} ${scale.unit} CO₂`;
}

/** The lower of the shares that power and CO2 rate, where there is one, were measured to. */
function least(row: AreaLive): number {
  return row.co2_kg_per_h === null ? row.coverage : Math.min(row.coverage, row.co2_coverage);
}

function written(power: number | null, scale: Scale): string {
  return power === null ? NONE : `${three(power / scale.divisor, scale.decimals)} ${scale.unit}`;
}

function hover(power: number | null): string {
  return power === null ? "" : `: ${exact(power)} kW`;
}

/** One of three speeds of the moving dashes. */
function speedOf(power: number | null, largest: number): 1 | 2 | 3 {
  const share = Math.abs(power ?? 0) / largest;
  return share > 0.5 ? 3 : share > 0.15 ? 2 : 1;
}

customElements.define("pw-oneline", OneLine);
