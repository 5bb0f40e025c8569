/** Production plans as they are posted and answered. */

import type { Name } from "../api.ts";

export interface Run {
  from: string;
  to: string;
}

/** As posted; further fields of a table stay as they came. */
export interface Job {
  code: string;
  line: string;
  duration_min?: number;
  power_kw?: number;
  energy_kwh?: number;
  profile_kw?: number[];
  earliest?: string;
  deadline?: string;
  start?: string;
  runs?: Run[];
  [field: string]: unknown;
}

export interface Conflict {
  kind: "outside" | "early" | "late" | "line" | "order" | "crew" | "demand";
  from: string;
  to: string;
  other: string | null;
  amount: number | null;
  limit: number | null;
}

export interface PlannedJob {
  code: string;
  line: string;
  energy: number;
  runs: Run[];
  bands: { band: string; name: Name; energy: number }[];
  cost: number | null;
  carbon: number | null;
  conflicts: Conflict[];
  move: { runs: Run[]; saves: number } | null;
}

export interface Missed {
  days: number;
  mean_kw: number;
  share: number | null;
}

export interface Plan {
  from: string;
  to: string;
  currency: string;
  fictitious: boolean;
  provisional: boolean;
  cost: number | null;
  carbon: number | null;
  energy: number;
  jobs: PlannedJob[];
  unplaced: string[];
  outlook: {
    times: string[];
    bands: (string | null)[];
    prices: (number | null)[];
    base_kw: (number | null)[];
    sun_kw: number[];
    jobs_kw: number[];
    limit_kw: number | null;
  };
  forecast_error: Missed | null;
  sun_error: Missed | null;
  notes: string[];
}

export interface Optimum {
  id: string;
  state: "running" | "done" | "impossible" | "failed";
  stage: string | null;
  seconds: number;
  cost: number | null;
  bound: number | null;
  gap: number | null;
  placed: number;
  left_out: string[];
  obstacles: { kind: Conflict["kind"]; jobs: string[]; need_min: number | null; have_min: number | null }[];
  plan: Plan | null;
}

/** As it is posted; what the board does not show stays as it came. */
export interface PostedPlan {
  from: string;
  to: string;
  jobs: Job[];
  [field: string]: unknown;
}

export interface KeptVersion {
  code: string;
  version: number;
  /** Null: it was withdrawn. */
  plan: PostedPlan | null;
  kept_by: string;
  kept_at: string;
  withdrawn_because: string | null;
}

export interface KeptEntry {
  code: string;
  version: number;
  name: string;
  from: string;
  to: string;
  jobs: number;
  kept_by: string;
  kept_at: string;
}

export interface MeteredPlan {
  from: string;
  to: string;
  jobs: { code: string; line: string; begin: string; planned: number; metered: number | null; known: number; difference: number | null }[];
  lines: { line: string; planned: number; metered: number | null; outside: number | null; known: number }[];
}
