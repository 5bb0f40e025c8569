/** What the REST interface says, and how it is asked. */

export interface Name {
  en: string;
  zh: string;
}

export interface Band {
  code: string;
  name: Name;
  rank: number;
}

export interface Tariff {
  code: string;
  name: Name;
  fictitious: boolean;
  currency: string;
  source: string;
  bands: Band[];
}

export interface Area {
  code: string;
  kind: "park" | "enterprise" | "workshop" | "line" | "equipment";
  parent: string | null;
  name: Name;
}

export interface Quantity {
  carrier: string;
  unit: string;
  kind: "counter" | "gauge" | "amount";
  name: Name;
}

export interface Site {
  code: string;
  name: Name;
  zone: string;
  region: string;
  currency: string;
  contract_kw: number | null;
  tariff: Tariff | null;
  areas: Area[];
  /** What takes energy and gives it again; its meter's power is positive while it is charged. */
  storages: { code: string; meter: string; name: Name }[];
  quantities: Record<string, Quantity>;
}

export type MeterState = "live" | "late" | "stale" | "never";

export interface Meter {
  code: string;
  name: Name;
  area: string;
  enterprise: string | null;
  parent: string | null;
  role: "boundary" | "load" | "generation" | "sale" | "check";
  carrier: string;
  source: string | null;
  device: string | null;
  multiplier: number;
  rated_kw: number | null;
  state: MeterState;
  last_reading: string | null;
  formula: Record<string, string> | null;
}

export interface Demand {
  block_start: string;
  block_end: string;
  so_far_kw: number | null;
  projected_kw: number | null;
  month_max_kw: number | null;
  month_max_at: string | null;
}

export interface BandNow {
  code: string;
  price: number | null;
  currency: string;
  fictitious: boolean;
  until: string;
  next: { code: string; price: number | null } | null;
}

export interface ParkLive {
  power_kw: number | null;
  import_kw: number | null;
  generation_kw: number | null;
  co2_kg_per_h: number | null;
  coverage: number;
  /** Share of the boundary meters of all emitting carriers that co2_kg_per_h knows. */
  co2_coverage: number;
  contract_share: number | null;
  demand: Demand | null;
  band: BandNow | null;
}

export interface AreaLive {
  area: string;
  power_kw: number | null;
  import_kw: number | null;
  co2_kg_per_h: number | null;
  coverage: number;
  /** Share of the boundary meters of all emitting carriers that co2_kg_per_h knows. */
  co2_coverage: number;
  generation_kw: number | null;
}

export interface MeterLive {
  meter: string;
  time: string | null;
  age_s: number | null;
  state: MeterState;
  power_kw: number | null;
  co2_kg_per_h: number | null;
  values: Record<string, number | null>;
}

export type Counts = Record<MeterState, number>;

export interface Snapshot {
  time: string;
  epoch: string;
  sequence: number;
  park: ParkLive;
  areas: AreaLive[];
  meters: MeterLive[];
  counts: Counts;
}

export type Update = Omit<Snapshot, "epoch">;

export interface Problem {
  title: string;
  status: number;
  detail?: string;
  errors?: { field: string; value: unknown; reason: string }[];
  /** When to come again, by Retry-After [s]. */
  wait?: number;
}

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }

  get status(): number {
    return this.problem.status;
  }
}

const ROOT = "/api/v1";

export const STREAM = `${ROOT}/live/stream`;

export async function get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
  const search = new URLSearchParams(query).toString();
  const response = await fetch(`${ROOT}${path}${search ? `?${search}` : ""}`, {
    headers: { Accept: "application/json" },
  });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return (await response.json()) as T;
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await (await sent(path, body)).json()) as T;
}

export async function put<T>(path: string, body: unknown): Promise<T> {
  return (await (await sent(path, body, "PUT")).json()) as T;
}

/** What is answered without a body. */
export async function send(path: string, body: unknown): Promise<void> {
  await sent(path, body);
}

export async function remove(path: string): Promise<void> {
  await sent(path, undefined, "DELETE");
}

async function sent(path: string, body: unknown, method = "POST"): Promise<Response> {
  const response = await fetch(`${ROOT}${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response;
}

async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get("Retry-After") ?? 0);
  const fallback = { title: response.statusText, status: response.status, ...(wait && response.status === 429 ? { wait } : {}) };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}

export interface Series {
  key: string;
  name: Name;
  quantity: string;
  carrier: string;
  unit: string;
  values: (number | null)[];
  coverage: (number | null)[];
  estimated: boolean[];
}

export interface EnergyReport {
  from: string;
  to: string;
  step: string;
  by: string;
  zone: string;
  times: string[];
  series: Series[];
}

export interface BandSpan {
  from: string;
  to: string;
  code: string;
  price: number | null;
}

export interface BandPlan {
  from: string;
  to: string;
  currency: string;
  bands: BandSpan[];
}

export interface FactorUse {
  id: string;
  value: number;
  unit: string;
  edition: string;
  published: string | null;
  region: string;
  source: string;
  why: string;
  rule: string;
  year: number | null;
  asked: string;
  from: string;
  to: string;
}

export interface Shortfall {
  reason: string;
  from: string;
  to: string;
}

export interface EmissionSeries extends Series {
  scope: string;
  gas: string;
  origin: "meters" | "documents";
  factors: FactorUse[];
  shortfalls: Shortfall[];
}

export type EmissionReport = Omit<EnergyReport, "series"> & { series: EmissionSeries[] };

export interface EmissionPart {
  origin: "meters" | "documents";
  meter: string | null;
  quantity: string;
  scope: string;
  gas: string;
  from: string;
  to: string;
  amount: number | null;
  unit: string;
  coverage: number;
  conversion: number | null;
  kg: number | null;
  factor: FactorUse | null;
  shortfall: Shortfall | null;
  record: number | null;
  /** Meter through which it came, of what a neighbour made with the energy of `meter`. */
  through: string | null;
}

export interface EmissionTrace {
  area: string | null;
  parts: EmissionPart[];
  documents: { id: number; document: string }[];
}

export interface Inventory {
  lines: { name: string; scope: string; flow: string; kg: Record<string, number | null> }[];
  market: {
    kg: Record<string, number | null>;
    served: Record<string, number>;
    certificates: { document: string; vintage: string | null; kwh: number; refused: string }[];
    shortfalls: Shortfall[];
  };
}

export interface ReadingRun {
  meter: string;
  from: string;
  to: string;
  step: string;
  times: string[];
  quantities: Record<string, { unit: string; values: (number | null)[] }>;
}

export interface Place {
  quantity: string;
  unit: string;
  place: string;
  form: string;
}

export interface Template {
  code: string;
  name: Name;
  source: string;
  verified: boolean;
  values: Place[];
}

export interface MeterEvent {
  time: string;
  quantity: string;
  flag: string;
}

export interface Conflict {
  time: string;
  quantity: string;
  kept: number | null;
  offered: number | null;
}

export interface MeterDetail extends Meter {
  template: Template | null;
  readings: { time: string; values: Record<string, number | null> }[];
  events: MeterEvent[];
  conflicts: Conflict[];
}

export type Condition = "answering" | "partly" | "silent" | "failing" | "waiting";
export type Cause = "unreachable" | "silent" | "refused" | "unreadable" | "store" | "source" | "fault";

export interface Trace {
  code: string;
  condition: Condition;
  reads: number;
  failures: number;
  reads_per_s: number;
  latency_s: number | null;
  last_success: string | null;
  last_failure: string | null;
  last_error: string;
  cause: Cause | null;
  next_attempt: string | null;
}

export interface MeterTrace extends Trace {
  name: Name;
}

export interface Source extends Trace {
  kind: string;
  protocol: string;
  edge: string | null;
  place: string;
  meters: number;
  answering: number;
  waiting_rows: number;
  lost_rows: number;
  lost_from: string | null;
  lost_to: string | null;
  refused: number;
  dropped: number;
}

export interface Aside {
  time: string;
  origin: string;
  reason: string;
  content: string;
}

export interface SourceDetail extends Source {
  each: MeterTrace[];
  aside: Aside[];
  strangers: { name: string; times: number; last: string }[];
}

export interface Stray {
  source: string;
  meter: string;
  rows: number;
  first: string;
  last: string;
  /** Of the newest row. */
  values: Record<string, number>;
}

export interface StrayName {
  source: string;
  meter: string;
  measurement?: string;
  name: string;
  rows: number;
  first: string;
  last: string;
  value: number;
}

export interface StrayList {
  strays: Stray[];
  names: StrayName[];
  unmapped: StrayName[];
}

export interface Spool {
  state: "empty" | "holding" | "nearly full" | "full";
  rows: number;
  bytes: number;
  limit_bytes: number;
  oldest: string | null;
  held_records: number;
  damaged_records: number;
}

export interface Queue {
  waiting_rows: number;
  written_rows: number;
  failing: boolean;
  last_error: string;
}

export interface Edge {
  name: string;
  seen: string | null;
  silent: boolean;
  clock_ahead_s: number | null;
  queue: Queue | null;
  spool: Spool | null;
  aside_rows: number;
}

export interface StageProgress {
  stage: "energy" | "daily";
  meters: number;
  days: number;
  settled_days: number;
  since: string | null;
  days_per_s: number;
  expected_end: string | null;
}

export interface Settlement {
  time: string;
  stages: StageProgress[];
}

export interface SourceList {
  time: string;
  configuration: { since: string; mistakes: { file: string; key: string; reason: string }[] };
  queue: Queue;
  spool: Spool | null;
  edges: Edge[];
  sources: Source[];
}
