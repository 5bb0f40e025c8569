/** <pw-plot>: one uPlot drawing that fits its box, follows the theme and is read by mouse or arrow keys. */

import { LitElement } from "lit";
import type uPlot from "uplot";
import { came } from "./later.ts";
import { pictured } from "./picture.ts";

export type Colour = (token: string, opacity?: number) => string;
export type Build = (colour: Colour) => Omit<uPlot.Options, "width" | "height">;

/** Once there, drawings are made at once: paper does not wait. */
let library: typeof import("./uplot.ts") | null = null;
const uplot = (): Promise<typeof import("./uplot.ts")> => import("./uplot.ts");

export class Plot extends LitElement {
  static override properties = { data: { attribute: false }, version: { attribute: false }, label: { attribute: false } };
  declare data: uPlot.AlignedData;
  /** A new value has the drawing built anew: language, theme, scale. */
  declare version: string;
  declare label: string;
  declare build: Build;
  declare height: number;
  #plot: uPlot | null = null;
  #drawing: Promise<void> = Promise.resolve();
  readonly #probe = document.createElement("span");
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #rebuild = (): void => void (this.#drawing = this.#draw());
  readonly #size = new ResizeObserver(() => this.#resize());

  override connectedCallback(): void {
    super.connectedCallback();
    this.tabIndex = 0;
    this.setAttribute("role", "img");
    this.#probe.hidden = true;
    this.append(this.#probe);
    this.#size.observe(this);
    this.#dark.addEventListener("change", this.#rebuild);
    this.addEventListener("keydown", this.#keys);
  }

  override disconnectedCallback(): void {
    this.#size.disconnect();
    this.#dark.removeEventListener("change", this.#rebuild);
    this.removeEventListener("keydown", this.#keys);
    this.#plot?.destroy();
    this.#plot = null;
    super.disconnectedCallback();
  }

  /** Shows or hides series by their index. */
  show(series: readonly number[], on: boolean): void {
    for (const index of series) this.#plot?.setSeries(index, { show: on });
  }

  /** The drawing under its title, once it is drawn. */
  async picture(title: string, entries: readonly string[]): Promise<Blob | null> {
    if (!this.#plot) this.#rebuild();
    await this.#drawing;
    const drawing = this.#plot?.ctx.canvas;
    return drawing ? pictured(drawing, devicePixelRatio, { title, entries, surface: this.#colour("surface"), ink: this.#colour("ink") }) : null;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override updated(changed: Map<string, unknown>): void {
    this.setAttribute("aria-label", this.label);
    if (changed.has("version") || !this.#plot) this.#rebuild();
    else if (changed.has("data")) this.#plot.setData(this.data);
  }

  async #draw(): Promise<void> {
    library ??= await came(uplot);
    if (!this.isConnected || this.clientWidth === 0) return;
    this.#plot?.destroy();
    const options = { ...this.build((token, opacity) => this.#colour(token, opacity)), width: this.clientWidth, height: this.height };
    this.#plot = new library.uPlot(options, this.data, this);
  }

  #resize(): void {
    if (!this.#plot) this.#rebuild();
    else if (this.#plot.width !== this.clientWidth) this.#plot.setSize({ width: this.clientWidth, height: this.height });
  }

  /** A token as the canvas needs it: resolved for the theme that holds. */
  #colour(token: string, opacity = 1): string {
    this.#probe.style.color = `color-mix(in srgb, var(--${token}) ${opacity * 100}%, transparent)`;
    return getComputedStyle(this.#probe).color;
  }

  readonly #keys = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const plot = this.#plot;
    if (!step || !plot) return;
    event.preventDefault();
    const last = (plot.data[0]?.length ?? 1) - 1;
    const index = Math.min(last, Math.max(0, (plot.cursor.idx ?? -1) + step));
    const left = plot.valToPos(plot.data[0]?.[index] ?? 0, "x");
    plot.setCursor({ left: left + 0.5, top: plot.height / 3 });
  };
}

customElements.define("pw-plot", Plot);
