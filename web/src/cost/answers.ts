/** What the service says of bills, demand, band shares and costs. Money is decimal text. */

import type { Demand, Name, Shortfall } from "../api.ts";

export type LineKind = "energy" | "common" | "demand" | "excess" | "power_factor" | "fund" | "feed_in";

export interface BillLine {
  kind: LineKind;
  code: string;
  name: Name;
  quantity: string | null;
  unit: string;
  price: string | null;
  amount: string | null;
  source: string;
  provisional: boolean;
  reasons: string[];
}

export interface Bill {
  area: string;
  name: Name;
  total: string | null;
  known: string;
  kwh: number | null;
  estimated_kwh: number;
  coverage: number;
  provisional: boolean;
  lines: BillLine[];
  reasons: string[];
}

export interface MaximumDemand {
  kw: number | null;
  start: string | null;
  window_s: number;
  windows: number;
  unmeasured: number;
}

export interface Bills {
  month: string;
  first_day: string;
  last_day: string;
  currency: string;
  fictitious: boolean;
  demand: MaximumDemand | null;
  park: Bill;
  parties: Bill[];
  unshared: string;
  /** Enterprises that are billed by supply contracts of their own. */
  apart: string[];
  reasons: string[];
}

/** One area's own bill. */
export interface OneBill {
  month: string;
  first_day: string;
  last_day: string;
  currency: string;
  fictitious: boolean;
  bill: Bill;
}

export interface Shares {
  from: string;
  to: string;
  target: number | null;
  valley: string[];
  series: {
    key: string;
    name: Name;
    kwh: number | null;
    bands: { band: string | null; name: Name; kwh: number; share: number }[];
    valley_share: number | null;
    short_kwh: number | null;
    produced: number | null;
    unit: string | null;
  }[];
}

export interface Costs {
  currency: string;
  fictitious: boolean;
  times: string[];
  series: {
    key: string;
    name: Name;
    amounts: (number | null)[];
    costs: (number | null)[];
    coverage: (number | null)[];
    estimated: boolean[];
    unpriced: number[];
    shortfalls: Shortfall[];
  }[];
}

export interface Side {
  quantity: string | null;
  price: string | null;
  amount: string | null;
}

export interface Comparison {
  month: string;
  document: string;
  currency: string;
  lines: {
    kind: LineKind;
    code: string;
    name: Name;
    theirs: Side | null;
    ours: Side | null;
    quantity: string | null;
    amount: string | null;
    agrees: boolean;
    reasons: string[];
  }[];
  theirs: string;
  ours: string | null;
  difference: string | null;
  sum_of_their_lines: string;
}

export interface DemandMonth {
  area: string;
  month: string;
  first_day: string;
  last_day: string;
  basis: "capacity" | "contract" | "actual" | null;
  contract_kw: number | null;
  double_above_kw: number | null;
  maximum: MaximumDemand | null;
  running: Demand | null;
  duration_kw: number[];
}
