/** <pw-chart>: one ECharts drawing that fits its box and follows the theme; its figures stand in the table beside it. */

import type { EChartsType } from "echarts/core";
import type { EChartsCoreOption } from "echarts/core";
import { LitElement } from "lit";
import { came } from "./later.ts";
import { pictured } from "./picture.ts";

export type Tint = (token: string, opacity?: number) => string;
export type Draw = (tint: Tint, width: number) => EChartsCoreOption;

/** Once there, drawings are made at once: paper does not wait. */
let library: typeof import("./echarts.ts") | null = null;
const echarts = (): Promise<typeof import("./echarts.ts")> => import("./echarts.ts");

const FONT = "system-ui, sans-serif";

export class Chart extends LitElement {
  static override properties = { version: { attribute: false }, label: { attribute: false }, height: { attribute: false } };
  /** A new value has the drawing built anew. */
  declare version: unknown;
  declare label: string;
  declare height: number;
  declare draw: Draw;
  /** Told the data of what is clicked. */
  declare pick: ((data: unknown) => void) | undefined;
  #chart: EChartsType | null = null;
  #drawing: Promise<void> = Promise.resolve();
  readonly #probe = document.createElement("span");
  readonly #canvas = document.createElement("div");
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #again = (): void => {
    this.#drawing = this.#drawn();
  };
  readonly #size = new ResizeObserver(this.#again);

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute("role", "img");
    this.#probe.hidden = true;
    this.append(this.#probe, this.#canvas);
    this.#size.observe(this);
    this.#dark.addEventListener("change", this.#again);
    window.addEventListener("beforeprint", this.#printed);
    window.addEventListener("afterprint", this.#unprinted);
  }

  override disconnectedCallback(): void {
    this.#size.disconnect();
    this.#dark.removeEventListener("change", this.#again);
    window.removeEventListener("beforeprint", this.#printed);
    window.removeEventListener("afterprint", this.#unprinted);
    this.#chart?.dispose();
    this.#chart = null;
    super.disconnectedCallback();
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override updated(): void {
    this.setAttribute("aria-label", this.label);
    this.#canvas.style.height = `${this.height}px`;
    this.#again();
  }

  async #drawn(): Promise<void> {
    if (this.clientWidth === 0) return;
    library ??= await came(echarts);
    if (!this.isConnected) return;
    this.#chart ??= this.#made(library.init(this.#canvas, null, { renderer: "canvas" }));
    this.#chart.resize({ width: this.clientWidth, height: this.height });
    this.#chart.setOption({ ...this.#plain(), ...this.draw(this.#tint, this.clientWidth) }, true);
    this.dataset["drawn"] = "true";
  }

  #made(chart: EChartsType): EChartsType {
    chart.on("click", (event) => this.pick?.(event.data));
    return chart;
  }

  #plain(): EChartsCoreOption {
    return { animation: false, textStyle: { fontFamily: FONT, color: this.#tint("ink-2") } };
  }

  /** Paper takes one sharp picture in place of the drawing's layers, some of which are drawn later. */
  readonly #printed = (): void => {
    this.#unprinted();
    if (!this.#chart) return;
    const sheet = this.#chart.renderToCanvas({ pixelRatio: 2 });
    sheet.className = "on-paper";
    sheet.style.maxWidth = `${this.clientWidth}px`;
    this.append(sheet);
  };

  readonly #unprinted = (): void => this.querySelector(".on-paper")?.remove();

  /** A token as the canvas needs it: resolved for the theme that holds. */
  readonly #tint = (token: string, opacity = 1): string => {
    this.#probe.style.color = `var(--${token})`;
    const rgb = getComputedStyle(this.#probe).color;
    return opacity === 1 ? rgb : rgb.replace("rgb(", "rgba(").replace(")", `, ${opacity})`);
  };

  /** The drawing under its title, once it is drawn. */
  async picture(title: string, entries: readonly string[]): Promise<Blob | null> {
    if (!this.#chart) this.#again();
    await this.#drawing;
    if (!this.#chart) return null;
    const drawing = this.#chart.renderToCanvas({ pixelRatio: 2, backgroundColor: this.#tint("surface") });
    return pictured(drawing, 2, { title, entries, surface: this.#tint("surface"), ink: this.#tint("ink") });
  }
}

customElements.define("pw-chart", Chart);
