/** Production plans as they are posted and answered. */

import type { Schemas } from "../api.ts";

export type Run = Schemas["PlanRun"];

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

export type Conflict = Schemas["PlanConflict"];
export type PlannedJob = Schemas["PlannedJob"];
export type Missed = Schemas["ForecastError"];
export type Plan = Schemas["PlanAnswer"];
export type Optimum = Schemas["Optimum"];

/** As it is posted; what the board does not show stays as it came. */
export interface PostedPlan {
  from: string;
  to: string;
  jobs: Job[];
  [field: string]: unknown;
}

/** Its plan is null where it was withdrawn. */
export type KeptVersion = Omit<Schemas["KeptVersion"], "plan"> & { plan: PostedPlan | null };
export type KeptEntry = Schemas["KeptEntry"];
export type MeteredPlan = Schemas["MeteredPlan"];
