/** <pw-plan>: my plan checked as it is changed, and the cheapest one beside it. */

import { html, nothing, type TemplateResult } from "lit";
import { get, post, type BandPlan } from "../api.ts";
import { said } from "../cost/said.ts";
import { fixed, NONE, percent, three } from "../numbers.ts";
import { dayField } from "../parts/day-field.ts";
import { fileField } from "../parts/file-field.ts";
import { AWAY_MS, patiently, pause } from "../parts/pause.ts";
import { passes } from "../parts/refusal.ts";
import { refused } from "../parts/refused.ts";
import { View } from "../parts/view.ts";
import { store } from "../store.ts";
import { clock, day, iso, shortDay, startOfDay } from "../time.ts";
import type { Conflict, Job, KeptVersion, Optimum, Plan, PlannedJob, PostedPlan, Run } from "./answers.ts";
import "./board.ts";
import type { Ground, Moved } from "./board.ts";
import { bodyOf, EMPTY, groundOf, openedDraft, remember, remembered, stepped, type Draft, type Step } from "./draft.ts";
import "./keeping.ts";
import "./kept.ts";
import { planLoad } from "./load.ts";
import { jobsOf } from "./table.ts";
import { wrongOf, type Wrong } from "./wrong.ts";

const LENGTHS = [1, 2, 3, 7];
const MOST_DAYS = 31;
const ASK_AGAIN_MS = 500;

/** A clock time on the quarter hour, on every browser in 24 hours. */
const CLOCK = "([01]?\\d|2[0-3]):(00|15|30|45)";

const FIRST_HOUR = "08:00";

class PlanView extends View {
  #draft: Draft = remembered();
  #past: Step[] = [];
  #plan: Plan | null = null;
  #optimum: Optimum | null = null;
  #wrong: Wrong[] = [];
  #problem = "";
  #asked = "";
  #busy = false;
  #turn = 0;
  #ground: Ground | null = null;

  get #jobs(): Job[] {
    return this.#draft.jobs;
  }

  get #day(): string {
    const { show } = store.route;
    return show !== null && /^\d{4}-\d\d-\d\d$/.test(show) ? show : (this.#draft.origin?.day ?? day(startOfDay(store.now(), this.zone, 1), this.zone));
  }

  get #days(): number {
    const length = Number(store.route.by ?? this.#draft.origin?.days);
    return Number.isInteger(length) && length > 0 && length <= MOST_DAYS ? length : 1;
  }

  /** The proposal for the days that are shown. */
  get #best(): Plan | null {
    const best = this.#optimum?.plan ?? null;
    return best?.from === this.#plan?.from && best?.to === this.#plan?.to ? best : null;
  }

  get #body(): PostedPlan {
    return bodyOf(this.#draft, this.#day, this.#days, this.zone);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("keydown", this.#keys);
  }

  override disconnectedCallback(): void {
    window.removeEventListener("keydown", this.#keys);
    super.disconnectedCallback();
  }

  readonly #keys = (event: KeyboardEvent): void => {
    const typing = (event.target as Element).matches?.("input, select, textarea");
    if (typing || event.key.toLowerCase() !== "z" || event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.#undo();
  };

  protected override willUpdate(): void {
    if (!store.site) return;
    const wanted = JSON.stringify(this.#body);
    if (wanted === this.#asked) return;
    this.#asked = wanted;
    void (this.#jobs.length === 0 ? this.#shade() : this.#check());
  }

  /** The bands of the days, where there is no job that a check would tell them with. */
  async #shade(): Promise<void> {
    const { from, to } = this.#body;
    const asked = this.#asked;
    try {
      const { bands } = await patiently(() => get<BandPlan>("/tariff", { from, to }));
      if (asked !== this.#asked) return;
      this.#ground = groundOf({ from, to }, bands, store.site?.currency ?? "");
    } catch {
      this.#ground = null; // the board is left out; the form says what is missing as soon as a job is there
    }
    this.requestUpdate();
  }

  /** One check at a time; what changed meanwhile is checked after it. */
  async #check(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    let done = "";
    while (this.isConnected && done !== this.#asked) {
      done = this.#asked;
      try {
        [this.#plan, this.#wrong, this.#problem] = [await post<Plan>("/plans/check", JSON.parse(done)), [], ""];
      } catch (error) {
        this.#told(error);
        if (passes(error)) done = "";
      }
      this.requestUpdate();
      if (done === "") await pause(AWAY_MS);
    }
    this.#busy = false;
  }

  #told(error: unknown): void {
    [this.#problem, this.#wrong] = [refused(error, this.words), wrongOf(error, this.#jobs)];
    this.requestUpdate();
  }

  #changed(jobs: Job[], gesture: number | null = null): void {
    this.#step({ ...this.#draft, jobs }, gesture);
  }

  #step(draft: Draft, gesture: number | null = null): void {
    const { show, by } = store.route;
    this.#past = stepped(this.#past, { draft: this.#draft, show, by, gesture });
    this.#put(draft);
  }

  readonly #undo = (): void => {
    const last = this.#past.pop();
    if (!last) return;
    this.#put(last.draft);
    store.go({ show: last.show, by: last.by }, true);
  };

  #put(draft: Draft): void {
    const { jobs } = draft;
    if (this.#optimum?.state !== "running" && asked(draft) !== asked(this.#draft)) this.#optimum = null;
    this.#draft = draft;
    remember(draft);
    if (jobs.length === 0) [this.#plan, this.#wrong, this.#problem, this.#asked] = [null, [], "", ""];
    this.requestUpdate();
  }

  #opened(version: KeptVersion): void {
    if (version.plan === null) return;
    const draft = openedDraft(version, version.plan, this.zone);
    [this.#plan, this.#optimum] = [null, null];
    this.#step(draft);
    store.go({ show: draft.origin?.day ?? null, by: String(draft.origin?.days ?? 1) });
  }

  #kept({ code, version }: KeptVersion): void {
    this.#turn++;
    this.#put({ ...this.#draft, origin: { code, version, day: this.#day, days: this.#days } });
  }

  #withdrawn(code: string): void {
    if (this.#draft.origin?.code === code) this.#put({ ...this.#draft, origin: null });
  }

  protected override render(): TemplateResult {
    const words = this.words;
    return html`<div class="report"><section class="panel">
        <header class="report-head"><h2>${words.planBoard} <span class="subject">${words.planSubject}</span></h2>${this.#horizon()}</header>
        ${this.#form()} ${this.#errors()}
        ${this.#actions()}
        ${this.#plan ? this.#shown(this.#plan) : this.#jobs.length === 0 ? this.#bare() : nothing}
        ${this.#jobs.length > 0 ? html`<pw-keeping .body=${this.#body} .origin=${this.#draft.origin}
          @kept=${(event: CustomEvent<KeptVersion>) => this.#kept(event.detail)} @opened=${(event: CustomEvent<KeptVersion>) => this.#opened(event.detail)}></pw-keeping>` : nothing}
      </section>
      ${this.#plan ? planLoad(this.#plan, this.#day, this.words, this.zone) : nothing}
      <pw-kept-plans .turn=${this.#turn} @opened=${(event: CustomEvent<KeptVersion>) => this.#opened(event.detail)} @withdrawn=${(event: CustomEvent<string>) => this.#withdrawn(event.detail)}></pw-kept-plans>
    </div>`;
  }

  #bare(): TemplateResult {
    const ground = this.#ground?.from === this.#body.from ? this.#ground : null;
    return html`${ground?.outlook.bands.some((band) => band !== null) ? html`<pw-board .jobs=${[]} .plan=${ground} .proposed=${null}></pw-board>` : nothing}
      <p class="empty">${this.words.noJobs}</p>`;
  }

  #horizon(): TemplateResult {
    const words = this.words;
    return html`<div class="months">
      ${dayField({ label: words.planFrom, value: this.#day, picked: (chosen) => store.go({ show: chosen || null }) }, words)}
      <select aria-label=${words.planLength} @change=${(event: Event) => store.go({ by: (event.target as HTMLSelectElement).value })}>
        ${[...new Set([...LENGTHS, this.#days])].map((length) => html`<option value=${length} ?selected=${length === this.#days}>${words.planDays(length)}</option>`)}
      </select>
    </div>`;
  }

  #form(): TemplateResult {
    const words = this.words;
    const lines = [...(store.site?.areas ?? []).filter((area) => area.kind !== "park").map((area) => [area.code, this.name(area.name)] as const), ...[...store.meters.values()].filter((meter) => meter.role === "load" && meter.carrier === "electricity").map((meter) => [meter.code, this.name(meter.name, meter.code)] as const)];
    return html`<form class="entry" @submit=${this.#add}>
      <label>${words.jobCode}<input name="code" required maxlength="64" size="8" autocomplete="off" /></label>
      <label>${words.jobLine}<select name="line">${lines.map(([code, name]) => html`<option value=${code}>${name} (${code})</option>`)}</select></label>
      <label>${words.power} [kW]<input name="power_kw" type="number" min="0" step="any" required /></label>
      <label>${words.duration} [min]<input name="duration_min" type="number" min="15" step="15" value="60" required /></label>
      <label>${words.begins}<input name="start" class="clock-field" inputmode="numeric" autocomplete="off" pattern=${CLOCK} title=${words.clockWrong} value=${FIRST_HOUR} required /></label>
      <label>${words.doneBy}<input name="deadline" class="clock-field" inputmode="numeric" autocomplete="off" pattern=${CLOCK} title=${words.clockWrong} placeholder="16:00" /></label>
      <button type="submit">${words.addJob}</button>
      ${fileField({ label: words.fromCsv, accept: ".csv,text/csv", taken: this.#upload }, words)}
    </form>`;
  }

  /** What the plan costs, and what can be done with all of it. */
  #actions(): TemplateResult | typeof nothing {
    const words = this.words;
    const [some, past] = [this.#jobs.length > 0, this.#past.length > 0];
    if (!some && !past) return nothing;
    return html`<div class="plan-actions">${this.#plan ? this.#totals(this.#plan) : nothing}
      <div class="plan-buttons">${past ? html`<button type="button" class="quiet" aria-keyshortcuts="Control+Z" @click=${this.#undo}>${words.undo}</button>` : nothing}
        ${some ? html`<button type="button" class="quiet" @click=${() => this.#step(EMPTY)}>${words.clearPlan}</button>
        <button type="button" class="primary" ?disabled=${this.#plan === null || this.#optimum?.state === "running"} @click=${this.#propose}>${words.propose}</button>` : nothing}</div></div>
      ${this.#optimum && this.#plan ? this.#progress(this.#optimum) : nothing}`;
  }

  readonly #add = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const read = (name: string): string => String(new FormData(form).get(name) ?? "");
    const deadline = read("deadline") === "" ? {} : { deadline: this.#moment(read("deadline")) };
    const job: Job = { code: read("code"), line: read("line"), power_kw: Number(read("power_kw")), duration_min: Number(read("duration_min")), start: this.#moment(read("start")), ...deadline };
    this.#changed([...this.#jobs, job]);
    (form.elements.namedItem("code") as HTMLInputElement).value = "";
  };

  /** A clock time of the plan's first day. */
  #moment(time: string): string {
    const [hours = 0, minutes = 0] = time.split(":").map(Number);
    return iso(Date.parse(this.#body.from) + (hours * 60 + minutes) * 60_000);
  }

  readonly #upload = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (file) this.#changed(jobsOf(await file.text(), (time) => this.#moment(time)));
    input.value = "";
  };

  #errors(): TemplateResult | typeof nothing {
    const words = this.words;
    if (!this.#problem) return nothing;
    return html`<div role="alert"><p class="wrong">${this.#wrong.length > 0 ? words.planWrong(String(this.#wrong.length)) : this.#problem}</p>
      ${this.#wrong.length === 0 ? nothing : html`<div class="scroll" tabindex="0" role="region" aria-label=${words.mistakes}><table>
        <thead><tr><th scope="col">${words.job}</th><th scope="col">${words.field}</th><th scope="col">${words.value}</th><th scope="col">${words.reason}</th></tr></thead>
        <tbody>${this.#wrong.map((one) => html`<tr><th scope="row">${one.job || NONE}</th><td><code>${one.field}</code></td><td>${one.value}</td><td>${said([one.reason], store.route.language)}</td></tr>`)}</tbody>
      </table></div>`}</div>`;
  }

  #shown(plan: Plan): TemplateResult {
    return html`<pw-board .jobs=${this.#jobs} .plan=${plan} .proposed=${this.#best} @moved=${(event: CustomEvent<Moved>) => this.#move(event.detail)} @back=${this.#undo}></pw-board>
      <p class="hint">${this.words.boardHow}</p>
      ${this.#jobsTable(plan)} ${said(plan.notes, store.route.language)}
      ${plan.forecast_error ? html`<p class="hint">${this.words.forecastError(three(plan.forecast_error.mean_kw), percent(plan.forecast_error.share), String(plan.forecast_error.days))}</p>` : nothing}
      ${plan.sun_error ? html`<p class="hint">${this.words.sunError(three(plan.sun_error.mean_kw), percent(plan.sun_error.share), String(plan.sun_error.days))}</p>` : nothing}`;
  }

  #move({ code, start, gesture }: Moved): void {
    this.#changed(this.#jobs.map((job) => {
      if (job.code !== code) return job;
      const { start: _, runs: __, ...rest } = job;
      return (start === null ? rest : { ...rest, start }) as Job;
    }), gesture);
  }

  #totals(plan: Plan): TemplateResult {
    const words = this.words;
    const other = this.#best;
    const broken = plan.jobs.reduce((sum, job) => sum + job.conflicts.length, 0);
    const column = (title: string, one: Plan, note: TemplateResult | string): TemplateResult => html`<div><dt>${title}</dt>
      <dd class="headline"><span class="digits">${fixed(one.cost, 2)}</span> <span class="unit">${one.currency}</span></dd>
      <dd class="plain">${fixed(one.carbon, 1)} <span class="unit">kg CO₂</span> ${note}</dd></div>`;
    return html`<dl class="totals facts-row plan-totals" aria-live="polite">
        ${column(words.myPlan, plan, broken > 0 ? html`<span class="bad">! ${words.conflictsIn(String(broken))}</span>` : html`<span class="good">✓ ${words.noConflicts}</span>`)}
        ${other ? column(words.proposal, other, "") : nothing}
        ${other && plan.cost !== null && other.cost !== null ? html`<div><dt>${words.saving}</dt><dd class="headline"><span class="digits">${fixed(plan.cost - other.cost, 2)}</span> <span class="unit">${plan.currency}</span></dd>
          <dd class="plain">${fixed((plan.carbon ?? 0) - (other.carbon ?? 0), 1)} <span class="unit">kg CO₂</span></dd></div>` : nothing}
      </dl>`;
  }

  #progress(best: Optimum): TemplateResult {
    const words = this.words;
    const all = String(this.#jobs.length);
    if (best.state === "running") {
      return html`<p class="verdict" role="status"><progress max=${this.#jobs.length} value=${best.placed}></progress> ${words.searching(String(best.placed), all, fixed(best.seconds, 1))}
        <button type="button" class="quiet" @click=${() => post(`/plans/optima/${best.id}/end`, {}).catch((error: unknown) => this.#told(error))}>${words.endSearch}</button></p>`;
    }
    if (best.state === "failed") return html`<p class="wrong" role="alert">${words.searchFailed}</p>`;
    return html`<p class="verdict ${best.left_out.length > 0 ? "low" : "good"}" role="status">
        ${best.left_out.length > 0 ? words.leftOut(best.left_out.join(", ")) : best.gap === 0 ? words.cheapest : words.proven(percent(best.gap))}
        ${best.plan ? html`<button type="button" @click=${() => this.#take(best.plan)}>${words.takeOver}</button>` : nothing}</p>
      ${best.obstacles.length === 0 ? nothing : html`<ul class="reasons">${best.obstacles.map((one) => html`<li>${words.obstacle(one.jobs.join(", "), this.#kind(one.kind))}${one.need_min === null ? nothing : ` ${words.needHave(String(one.need_min), String(one.have_min ?? NONE))}`}</li>`)}</ul>`}`;
  }

  readonly #propose = async (): Promise<void> => {
    try {
      this.#optimum = await post<Optimum>("/plans/optima", this.#body);
      const { id } = this.#optimum;
      this.requestUpdate();
      while (this.isConnected && this.#optimum?.state === "running") {
        await pause(ASK_AGAIN_MS);
        const best = await patiently(() => get<Optimum>(`/plans/optima/${id}`));
        if (this.#optimum?.id !== id) return; // another plan was opened meanwhile
        this.#optimum = best;
        this.requestUpdate();
      }
    } catch (error) {
      this.#optimum = null;
      this.#told(error);
    }
  };

  #take(plan: Plan | null): void {
    this.#changed(this.#jobs.map((job) => this.#placed(job, plan?.jobs.find((one) => one.code === job.code)?.runs ?? [])));
  }

  #placed(job: Job, runs: readonly Run[]): Job {
    const { start: _, runs: __, ...rest } = job;
    if (runs.length === 0) return rest as Job;
    return (runs.length === 1 ? { ...rest, start: runs[0]?.from } : { ...rest, runs: [...runs] }) as Job;
  }

  #jobsTable(plan: Plan): TemplateResult {
    const words = this.words;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.jobs}><table class="cards">
      <thead><tr><th scope="col">${words.job}</th><th scope="col">${words.jobLine}</th><th scope="col">${words.runs}</th><th scope="col" class="number">${words.energyOf} <span class="unit">kWh</span></th>
        <th scope="col" class="number">${words.charge} <span class="unit">${plan.currency}</span></th><th scope="col" class="number">${words.co2} <span class="unit">kg</span></th><th scope="col">${words.conflicts}</th><th scope="col">${words.betterPlace}</th></tr></thead>
      <tbody>${plan.jobs.map((job) => this.#jobRow(job, plan))}</tbody>
    </table></div>`;
  }

  #jobRow(job: PlannedJob, plan: Plan): TemplateResult {
    const words = this.words;
    const move = job.move;
    return html`<tr>
      <th scope="row">${job.code} <button type="button" class="quiet" aria-label="${words.removeJob}: ${job.code}" @click=${() => this.#changed(this.#jobs.filter((one) => one.code !== job.code))}>×</button></th>
      <td data-label=${words.jobLine}>${this.#lineName(job.line)}</td>
      <td class="nowrap" data-label=${words.runs}>${this.#runs(job.runs)} ${job.runs.length === 0 ? html`<button type="button" aria-label="${words.placeJob}: ${job.code}" @click=${() => this.#place(job.code)}>${words.placeJob}</button>` : nothing}</td>
      <td class="number" data-label=${words.energyOf}>${fixed(job.energy, 1)}</td>
      <td class="number" data-label=${words.charge}>${fixed(job.cost, 2)}</td>
      <td class="number" data-label=${words.co2}>${fixed(job.carbon, 1)}</td>
      <td data-label=${words.conflicts}>${job.conflicts.length === 0 ? NONE : html`<ul class="reasons bad">${job.conflicts.map((one) => html`<li>${this.#conflict(one)}</li>`)}</ul>`}</td>
      <td data-label=${words.betterPlace}>${move === null ? NONE : html`<button type="button" @click=${() => this.#changed(this.#jobs.map((one) => (one.code === job.code ? this.#placed(one, move.runs) : one)))}>${words.moveTo(this.#runs(move.runs), fixed(move.saves, 2), plan.currency)}</button>`}</td>
    </tr>`;
  }

  #lineName(code: string): string {
    const area = store.site?.areas.find((one) => one.code === code);
    return this.name(area?.name ?? store.meters.get(code)?.name, code);
  }

  /** Where it may begin, or in the morning: from there it is moved. */
  #place(code: string): void {
    this.#changed(this.#jobs.map((job) => (job.code === code ? { ...job, start: job.earliest ?? this.#moment(FIRST_HOUR) } : job)));
  }

  #runs(runs: readonly Run[]): string {
    if (runs.length === 0) return this.words.notPlaced;
    const several = this.#days > 1;
    return runs.map((run) => `${several ? `${shortDay(Date.parse(run.from), this.zone)} ` : ""}${clock(Date.parse(run.from), this.zone)}–${clock(Date.parse(run.to), this.zone)}`).join(", ");
  }

  #kind(kind: Conflict["kind"]): string {
    const words = this.words;
    return { outside: words.breaksOutside, early: words.breaksEarly, late: words.breaksLate, line: words.breaksLine, order: words.breaksOrder, crew: words.breaksCrew, demand: words.breaksDemand }[kind];
  }

  #conflict(one: Conflict): string {
    const amounts = one.amount === null ? "" : ` (${fixed(one.amount, 0)} > ${fixed(one.limit, 0)}${one.kind === "demand" ? " kW" : ""})`;
    return `${this.#kind(one.kind)}${one.other ? `${this.words.colon}${one.other}` : ""}${amounts} ${this.#runs([one])}`;
  }
}

/** What a search goes by: it places the jobs itself, wherever they stand. */
function asked({ jobs, rest }: Draft): string {
  return JSON.stringify([rest, jobs.map(({ start: _, runs: __, ...job }) => job)]);
}

customElements.define("pw-plan", PlanView);
