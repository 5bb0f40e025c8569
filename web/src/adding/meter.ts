/** <pw-adding-meter>: where a meter is read, who answers there, what it shows, and what it is called. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, type Schemas, type Source, type SourceList } from "../api.ts";
import { exact } from "../numbers.ts";
import { CODE } from "../parts/code.ts";
import { typed } from "../parts/form.ts";
import { patiently, pause } from "../parts/pause.ts";
import { View } from "../parts/view.ts";
import { href } from "../route.ts";
import { store } from "../store.ts";
import "../styles/cost.css";
import "../styles/adding.css";
import { refusedFor } from "../parts/refused.ts";
import { faultList, refusals } from "./faults.ts";
import { readingTable, scanTable, type Reading, type Scan, type Taken } from "./found.ts";
import { isNew, kindOf, placeOf, sourceFields, sourceIn } from "./source.ts";

const LOOK_MS = 700;
const ROLES = ["boundary", "load", "generation", "sale", "check"] as const;
const NOTHING: Taken = { unit: "", device: "" };

class AddingMeter extends View {
  #sources: Source[] = [];
  #devices: Schemas["DeviceEntry"][] = [];
  #choice = "+modbus-tcp";
  #agreed = false;
  #scan: Scan | null = null;
  #taken: Taken = NOTHING;
  #reading: Reading | null = null;
  #busy = false;
  #faults: Record<"where" | "device" | "name", string[]> = { where: [], device: [], name: [] };
  #made: Schemas["SiteChange"] | null = null;
  #refused: string[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#look();
  }

  override disconnectedCallback(): void {
    void this.#end();
    super.disconnectedCallback();
  }

  async #look(): Promise<void> {
    try {
      const [list, library] = await Promise.all([patiently(() => get<SourceList>("/sources")), patiently(() => get<Schemas["DeviceList"]>("/library/devices"))]);
      [this.#sources, this.#devices] = [list.sources.filter((one) => one.edge === null), library.devices];
    } catch (error) {
      this.#faults.where = refusedFor(error, this.words);
    }
    this.requestUpdate();
  }

  get #form(): HTMLFormElement {
    return this.querySelector("form") as HTMLFormElement;
  }

  readonly #read = (name: string): string => typed(this.#form, name);

  get #kind(): string {
    return kindOf(this.#choice, this.#sources);
  }

  protected override render(): TemplateResult {
    const words = this.words;
    if (this.#made) return this.#outcome(this.#made);
    const modbus = this.#kind === "modbus";
    return html`<form class="adding" @submit=${this.#save} @input=${() => this.requestUpdate()}>
      <h1>${words.addMeter} <span class="subject">${words.addSubject}</span></h1>
      <section class="panel entry"><h2>1 · ${words.addWhere}</h2>
        ${sourceFields(this.#choice, this.#sources, words, (choice) => this.#choose(choice))}
        ${modbus ? this.#scanning() : nothing} ${faultList(this.#faults.where, words)}
      </section>
      <section class="panel entry"><h2>2 · ${words.addDevice}</h2>${this.#device(modbus)} ${faultList(this.#faults.device, words)}</section>
      <section class="panel entry"><h2>3 · ${words.addName}</h2>${this.#naming()} ${faultList(this.#faults.name, words)}</section>
    </form>`;
  }

  #choose(choice: string): void {
    void this.#end();
    [this.#choice, this.#scan, this.#reading, this.#taken] = [choice, null, null, NOTHING];
    this.requestUpdate();
  }

  #scanning(): TemplateResult {
    const words = this.words;
    const runs = this.#scan?.state === "running";
    const form = this.querySelector("form");
    const units = form ? this.#read("units") || "1-32" : "1-32";
    const place = form ? placeOf(this.#choice, this.#read, this.#sources) : "";
    return html`<fieldset><legend>${words.scanTitle}</legend>
      <p class="hint full">${words.scanText(place || words.scanPlace, units)}</p>
      <label>${words.scanUnits}<input name="units" .defaultValue=${"1-32"} maxlength="200" /></label>
      <label class="tick"><input type="checkbox" name="agreed" .checked=${this.#agreed} @change=${(event: Event) => (this.#agreed = (event.target as HTMLInputElement).checked)} /> ${words.scanAgree}</label>
      ${runs
        ? html`<button type="button" @click=${() => void this.#end()}>${words.scanEnd}</button>`
        : html`<button type="button" ?disabled=${!this.#agreed} @click=${() => void this.#begin()}>${words.scanStart}</button>`}
      <div class="full">${this.#scan ? scanTable(this.#scan, this.#taken, words, (taken) => this.#take(taken)) : nothing}</div>
    </fieldset>`;
  }

  #take(taken: Taken): void {
    this.#taken = taken;
    (this.#form.elements.namedItem("address") as HTMLInputElement).value = taken.unit;
    (this.#form.elements.namedItem("device") as HTMLInputElement).value = taken.device;
    if (taken.device) void this.#test();
    this.requestUpdate();
  }

  async #begin(): Promise<void> {
    this.#faults.where = [];
    try {
      const asked = { source: sourceIn(this.#choice, this.#read), units: this.#read("units"), agreed: this.#agreed };
      this.#scan = await post<Scan>("/scans", asked);
      const { id } = this.#scan;
      this.requestUpdate();
      while (this.isConnected && this.#scan?.id === id && this.#scan.state === "running") {
        await pause(LOOK_MS);
        this.#scanned(await patiently(() => get<Scan>(`/scans/${id}`)));
      }
    } catch (error) {
      this.#faults.where = refusedFor(error, this.words);
      this.requestUpdate();
    }
  }

  async #end(): Promise<void> {
    const scan = this.#scan;
    if (scan?.state !== "running") return;
    try {
      this.#scanned(await post<Scan>(`/scans/${scan.id}/end`, {}));
    } catch (error) {
      if (this.#scan?.id === scan.id) this.#faults.where = refusedFor(error, this.words);
    }
    this.requestUpdate();
  }

  /** Unless another place was chosen meanwhile. */
  #scanned(scan: Scan): void {
    if (this.#scan?.id === scan.id) this.#scan = scan;
    this.requestUpdate();
  }

  #device(modbus: boolean): TemplateResult {
    const words = this.words;
    const fitting = this.#devices.filter((one) => one.protocol === this.#kind);
    const chosen = this.querySelector("form") ? fitting.find((one) => one.code === this.#read("device")) : undefined;
    if (this.#kind === "push") return html`<p class="hint full">${words.deviceFree}</p>`;
    return html`<label>${modbus ? words.addressUnit : words.addressLabel}<input name="address" required ?data-number=${modbus} inputmode=${modbus ? "numeric" : "text"} /></label>
      <label class="broad">${words.deviceLabel}<input name="device" list="devices" required placeholder=${words.deviceHint} autocomplete="off" /></label>
      <datalist id="devices">${fitting.map((one) => html`<option value=${one.code}>${this.name(one.name)}</option>`)}</datalist>
      <label>${words.multiplierLabel}<input name="multiplier" type="number" step="any" min="0.000001" required .defaultValue=${"1"} /></label>
      <button type="button" ?disabled=${this.#busy} @click=${() => void this.#test()}>${this.#busy ? words.testReading : words.testRead}</button>
      ${chosen ? html`<p class="hint full">${this.name(chosen.name)} · ${chosen.source}${chosen.verified ? "" : html` · <span class="warning">${words.unverifiedDevice}</span>`}</p>` : nothing}
      <div class="full">${this.#reading ? readingTable(this.#reading, words, store.route.language) : nothing}</div>`;
  }

  get #address(): string | number {
    const text = this.#read("address");
    return this.#kind === "modbus" && /^\d+$/.test(text) ? Number(text) : text;
  }

  async #test(): Promise<void> {
    [this.#busy, this.#reading, this.#faults.device] = [true, null, []];
    this.requestUpdate();
    try {
      const asked = { source: sourceIn(this.#choice, this.#read), device: this.#read("device"), address: this.#address, multiplier: Number(this.#read("multiplier")) };
      this.#reading = await post<Reading>("/test-readings", asked);
    } catch (error) {
      this.#faults.device = refusedFor(error, this.words);
    }
    this.#busy = false;
    this.requestUpdate();
  }

  #naming(): TemplateResult {
    const words = this.words;
    const areas = store.site?.areas ?? [];
    const first = store.meters.size === 0;
    return html`<label>${words.meterCode}<input name="code" required maxlength="64" pattern=${CODE} .defaultValue=${first ? "M-1" : ""} /></label>
      <label>${words.meterNameZh}<input name="zh" required maxlength="200" /></label>
      <label>${words.meterNameEn}<input name="en" required maxlength="200" /></label>
      <label>${words.areaLabel}<select name="area">${areas.map((one) => html`<option value=${one.code}>${this.name(one.name, one.code)}</option>`)}</select></label>
      <label>${words.roleLabel}<select name="role">${ROLES.map((role) => html`<option value=${role} ?selected=${role === (first ? "boundary" : "load")}>${words[role]}</option>`)}</select></label>
      <label>${words.upstreamLabel}<select name="parent"><option value="">${words.noUpstream}</option>${[...store.meters.values()].map((one) => html`<option value=${one.code}>${one.code} · ${this.name(one.name)}</option>`)}</select></label>
      <button type="submit" class="primary" ?disabled=${this.#busy}>${words.saveMeter}</button>`;
  }

  get #meter(): Record<string, unknown> {
    const read = this.#read;
    const source = isNew(this.#choice) ? read("source-code") : this.#choice;
    const meter = { code: read("code"), name: { en: read("en"), zh: read("zh") }, area: read("area"), source, role: read("role") };
    const carrier = this.#devices.find((one) => one.code === read("device"))?.carriers ?? [];
    const of = carrier.length === 1 && carrier[0] !== "electricity" ? { carrier: carrier[0] } : {};
    const parent = read("parent") ? { parent: read("parent") } : {};
    const scaled = Number(read("multiplier") || 1) === 1 ? {} : { multiplier: Number(read("multiplier")) };
    const read_ = this.#kind === "push" ? {} : { device: read("device"), address: this.#address };
    return { ...meter, ...read_, ...of, ...parent, ...scaled };
  }

  readonly #save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    [this.#busy, this.#faults.name] = [true, []];
    this.requestUpdate();
    try {
      const source = sourceIn(this.#choice, this.#read);
      const added = { sources: typeof source === "string" ? [] : [source], meters: [this.#meter] };
      this.#made = await post<Schemas["SiteChange"]>("/site/additions", added);
      void this.#await(this.#made.meters[0] ?? "");
    } catch (error) {
      this.#faults.name = refusedFor(error, this.words);
    }
    this.#busy = false;
    this.requestUpdate();
  };

  async #await(code: string): Promise<void> {
    while (this.isConnected && !store.meters.has(code)) {
      await pause(LOOK_MS);
      await store.renew();
      this.#refused = store.meters.has(code) ? [] : await refusals().catch(() => []);
      this.requestUpdate();
    }
  }

  #outcome(made: Schemas["SiteChange"]): TemplateResult {
    const words = this.words;
    const code = made.meters[0] ?? "";
    const live = store.live?.meters.get(code);
    const shown = Object.entries(live?.values ?? {}).filter(([, value]) => value !== null).slice(0, 6);
    return html`<section class="panel outcome"><h1>${code} · ${this.name(store.meters.get(code)?.name, code)}</h1>
      <p>${words.savedAs(made.file)} ${made.before ? words.beforeKept(made.before) : ""}</p>
      ${this.#refused.length > 0 ? html`<div role="alert"><p>${words.refusedFile}</p><ul class="reasons bad">${this.#refused.map((one) => html`<li>${one}</li>`)}</ul></div>` : nothing}
      ${live?.state === "live"
        ? html`<p class="good" role="status">✓ ${words.firstValue}</p><dl class="facts-row headline" data-live=${code}>${shown.map(([name, value]) => html`<div><dt>${this.name(store.site?.quantities[name]?.name, name)}</dt>
            <dd><span class="digits">${exact(value ?? 0)}</span> <span class="unit">${store.site?.quantities[name]?.unit ?? ""}</span></dd></div>`)}</dl>`
        : html`<p role="status">${words.awaitingValue}</p>`}
      <p class="next-steps"><a href=${href({ ...store.route, adding: false, meter: code })}>${words.openMeter}</a>
        <button type="button" class="quiet" @click=${() => this.#again()}>${words.addAnother}</button></p>
    </section>`;
  }

  #again(): void {
    const [before] = this.#made?.sources ?? [];
    [this.#made, this.#reading, this.#refused] = [null, null, []];
    if (before) this.#choose(before);
    void this.#look();
  }
}

customElements.define("pw-adding-meter", AddingMeter);
