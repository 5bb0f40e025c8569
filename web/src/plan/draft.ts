/** The plan on the board: its jobs, what else it says, and the kept version that it was made from. */

import type { BandSpan } from "../api.ts";
import { day, iso, startOfDay, DAY_MS } from "../time.ts";
import type { Job, KeptVersion, PostedPlan } from "./answers.ts";
import type { Ground } from "./board.ts";
import { QUARTER_MS } from "./table.ts";

const KEPT = "parkwatt.plan";

export interface Origin {
  code: string;
  version: number;
  /** Its first day, and how many it covers. */
  day: string;
  days: number;
}

export interface Draft {
  jobs: Job[];
  /** Crew, base load, name and the like: kept again as they came. */
  rest: Record<string, unknown>;
  origin: Origin | null;
}

/** A draft as it was, with the days that were shown. */
export interface Step {
  draft: Draft;
  show: string | null;
  by: string | null;
  gesture: number | null;
}

const MOST_STEPS = 100;

export const EMPTY: Draft = { jobs: [], rest: {}, origin: null };

/** A list is what this browser wrote before plans had an origin. */
export function draftOf(text: string | null): Draft {
  try {
    const found: unknown = JSON.parse(text ?? "null");
    if (Array.isArray(found)) return { ...EMPTY, jobs: found as Job[] };
    return found !== null && typeof found === "object" ? { ...EMPTY, ...(found as Partial<Draft>) } : EMPTY;
  } catch {
    return EMPTY;
  }
}

/** What one gesture does is one step, however often it says so. */
export function stepped(past: readonly Step[], step: Step): Step[] {
  const goesOn = step.gesture !== null && past.at(-1)?.gesture === step.gesture;
  return goesOn ? [...past] : [...past, step].slice(-MOST_STEPS);
}

export function remembered(): Draft {
  return draftOf(localStorage.getItem(KEPT));
}

export function remember(draft: Draft): void {
  localStorage.setItem(KEPT, JSON.stringify(draft));
}

/** The board shows whole days, so all those that the plan touches. */
export function openedDraft({ code, version }: Pick<KeptVersion, "code" | "version">, plan: PostedPlan, zone: string): Draft {
  const { from, to, jobs, ...rest } = plan;
  const first = day(instant(from, zone), zone);
  const end = instant(to, zone);
  let days = 1;
  while (startOfDay(Date.parse(`${first}T12:00:00Z`), zone, days) < end) days++;
  return { jobs, rest, origin: { code, version, day: first, days } };
}

/** A day alone begins on the park's clock. */
export function instant(text: string, zone: string): number {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? startOfDay(Date.parse(`${text}T12:00:00Z`), zone) : Date.parse(text);
}

export function bodyOf(draft: Draft, first: string, days: number, zone: string): PostedPlan {
  const noon = Date.parse(`${first}T12:00:00Z`);
  return { ...draft.rest, from: iso(startOfDay(noon, zone)), to: iso(startOfDay(noon, zone, days)), jobs: draft.jobs };
}

/** The days without a job: each quarter hour with its band. */
export function groundOf(span: Pick<PostedPlan, "from" | "to">, spans: readonly BandSpan[], currency: string): Ground {
  const from = Date.parse(span.from);
  const times = Array.from({ length: (Date.parse(span.to) - from) / QUARTER_MS }, (_, i) => iso(from + i * QUARTER_MS));
  const bands = times.map((time) => spans.find((one) => Date.parse(one.from) <= Date.parse(time) && Date.parse(time) < Date.parse(one.to))?.code ?? null);
  return { from: span.from, jobs: [], currency, outlook: { times, bands } };
}

/** The last day of a span that ends at `to`. */
export function lastDay(to: string, zone: string): string {
  return day(instant(to, zone) - DAY_MS / 96, zone);
}
