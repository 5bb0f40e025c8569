/** What the REST interface says, as its OpenAPI document has it, and how it is asked. */

import type { components } from "../generated/schema.ts";

export type Schemas = components["schemas"];
/** A type of the document with members that it leaves wider than they are. */
export type Closer<T, M extends { [K in keyof M]: K extends keyof T ? T[K] : never }> = Omit<T, keyof M> & M;

export type Name = Schemas["Name"];
export type Clock = Schemas["Clock"];
export type Band = Schemas["BandEntry"];
export type Tariff = Schemas["TariffEntry"];
export type Area = Closer<Schemas["AreaEntry"], { kind: "park" | "enterprise" | "workshop" | "line" | "equipment" }>;
export type Quantity = Closer<Schemas["QuantityEntry"], { kind: "counter" | "gauge" | "amount" }>;
export type Site = Closer<Schemas["SiteAnswer"], { areas: Area[]; quantities: Record<string, Quantity> }>;
export type MeterState = Schemas["PictureState"];
type Role = "boundary" | "load" | "generation" | "sale" | "check";
export type Meter = Closer<Schemas["MeterEntry"], { role: Role }>;
export type Demand = Schemas["Demand"];
export type BandNow = Schemas["BandNow"];
export type ParkLive = Schemas["ParkRow"];
export type AreaLive = Schemas["AreaRow"];
/** `by_counter` is left out where it is false. */
export type MeterLive = Omit<Schemas["MeterRow"], "by_counter"> & Partial<Pick<Schemas["MeterRow"], "by_counter">>;
export type Counts = Schemas["Counts"];
export type Snapshot = Omit<Schemas["Snapshot"], "meters"> & { meters: MeterLive[] };
export type Update = Omit<Schemas["Update"], "meters"> & { meters: MeterLive[] };
export type Problem = Pick<Schemas["Problem"], "title" | "status"> & Partial<Pick<Schemas["Problem"], "detail" | "errors">> & {
  /** When to come again, by Retry-After [s]. */
  wait?: number;
};

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

export async function get<T>(path: string, query: Record<string, string | readonly string[]> = {}): Promise<T> {
  const pairs = Object.entries(query).flatMap(([name, values]) => [values].flat().map((value) => [name, value]));
  const search = new URLSearchParams(pairs).toString();
  // As the page's preloads ask, or the browser would ask twice.
  const response = await fetch(`${ROOT}${path}${search ? `?${search}` : ""}`);
  if (!response.ok) throw new ApiError(await problemOf(response));
  return (await response.json()) as T;
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await (await sent(path, body)).json()) as T;
}

/** A text as it stands in a file. */
export async function postYaml<T>(path: string, text: string): Promise<T> {
  const response = await fetch(`${ROOT}${path}`, { method: "POST", headers: { "Content-Type": "application/yaml" }, body: text });
  if (!response.ok) throw new ApiError(await problemOf(response));
  return (await response.json()) as T;
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

export type Series = Schemas["EnergySeries"];
export type EnergyReport = Schemas["EnergyAnswer"];
export type BandSpan = Schemas["BandSpan"];
export type BandPlan = Schemas["BandsAnswer"];
export type FactorUse = Schemas["FactorUse"];
export type Shortfall = Schemas["Shortfall"];
export type EmissionSeries = Schemas["EmissionSeries"];
export type EmissionReport = Schemas["EmissionsAnswer"];
export type EmissionPart = Schemas["EmissionPart"];
export type EmissionTrace = Schemas["EmissionTrace"];
export type Inventory = Schemas["InventoryAnswer"];
export type ReadingRun = Schemas["ReadingColumns"];
export type LoadProfiles = Schemas["LoadProfiles"];
export type Place = Schemas["PlaceEntry"];
export type Template = Schemas["TemplateEntry"];
export type MeterEvent = Schemas["EventEntry"];
export type Conflict = Schemas["ConflictEntry"];
export type MeterDetail = Closer<Schemas["MeterAnswer"], { role: Role }>;
export type Condition = Schemas["Condition"];
export type Cause = Schemas["Cause"];
export type MeterTrace = Schemas["MeterTrace"];
export type Source = Schemas["SourceEntry"];
export type Trace = Omit<Source, Exclude<keyof Source, keyof MeterTrace>>;
export type Aside = Schemas["AsideEntry"];
export type SourceDetail = Schemas["SourceAnswer"];
export type Stray = Schemas["StrayEntry"];
export type StrayName = Schemas["UnnamedEntry"] | Schemas["UnmappedEntry"];
export type StrayList = Schemas["StrayList"];
export type Spool = Schemas["SpoolEntry"];
export type Queue = Schemas["QueueEntry"];
export type Edge = Schemas["EdgeEntry"];
export type StageProgress = Schemas["StageProgress"];
export type Settlement = Schemas["SettlementAnswer"];
export type SourceList = Schemas["SourceList"];
