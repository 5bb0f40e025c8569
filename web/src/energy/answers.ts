/** What the service says of pools and of places in balance. */

import type { FactorUse, Name } from "../api.ts";

export type Line = (number | null)[];

export interface PoolRow {
  meter: string;
  name: Name;
  part: "bought" | "generated" | "received" | "converted" | "discharged" | "sent" | "taken" | "charged" | "exported" | "used";
  inwards: boolean;
  /** The area on the other side. */
  other: string | null;
  converter: string | null;
  values: Line;
  carried: Record<string, Line>;
}

export interface Pool {
  area: string;
  name: Name;
  carrier: string;
  quantity: string;
  unit: string;
  entered: Line;
  rate: Record<string, Line>;
  rest: Line;
  rest_carried: Record<string, Line>;
  known: Line;
  self_consumption: Line;
  self_sufficiency: Line;
  rows: PoolRow[];
}

export interface ConverterSeries {
  code: string;
  name: Name;
  kind: string;
  taken_gj: Line;
  given_gj: Line;
  recovered_gj: Line;
  recovery_rate: Line;
}

export interface Pools {
  times: string[];
  pools: Pool[];
  converters: ConverterSeries[];
  factors: FactorUse[];
  shortfalls: string[];
}

export interface BalancePart {
  key: string;
  name: Name;
  area: boolean;
  enterprise: string | null;
  values: Line;
  coverage: Line;
}

export interface BalanceSeries {
  key: string;
  name: Name;
  area: boolean;
  quantity: string;
  unit: string;
  total: Line;
  loss: Line;
  share: Line;
  expected: Line;
  tolerance: Line;
  verdict: ("within" | "lost" | "gained" | null)[];
  compared: Line;
  missing: string[];
  unclassed: string[];
  parts: BalancePart[];
}

export interface Balances {
  times: string[];
  series: BalanceSeries[];
}
