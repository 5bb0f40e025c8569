/** What the service says of an inventory, records and closed periods. */

import type { Inventory, Shortfall } from "../api.ts";

export interface InventoryLine {
  name: string;
  scope: string;
  flow: string;
  origin: "meters" | "documents";
  kg: Record<string, number | null>;
  /** Market-based, where that is another. */
  market_kg?: Record<string, number | null> | null;
  coverage: number;
  shortfalls: Shortfall[];
}

export type FullInventory = Omit<Inventory, "lines"> & {
  area: string;
  lines: InventoryLine[];
  scopes: Record<string, Record<string, number | null>>;
  scope2_market: Record<string, number | null>;
  co2e: { report: string; kg: number | null; why: string };
  short: string[];
};

export interface Intensity {
  tce: number | null;
  kgco2: number | null;
  intensities: { product: string; unit: string; quantity: number | null; kgco2_per_unit?: number | null; [field: string]: unknown }[];
  missing: string[];
}

export interface PeriodEntry {
  id: number;
  area: string;
  period: string;
  hash: string;
  closed_by: string;
  closed_at: string;
  replaces: number | null;
  replaced_by: number | null;
  reason: string | null;
}

export interface PeriodFigures extends PeriodEntry {
  figures: { name: string; unit: string; closed: number | null; missing: number; current: number | null; drift: number | null }[];
  differences: { row: string; field: string; before: string | null; after: string | null }[];
  more: number;
}
