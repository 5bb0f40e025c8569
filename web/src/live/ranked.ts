/** The loads in order: electricity meters with nothing metered below them. */

import type { Meter, MeterLive } from "../api.ts";
import { deviationOf } from "./deviation.ts";

export type Column = "name" | "enterprise" | "power" | "deviation" | "share" | "co2";

export interface Row {
  meter: Meter;
  live: MeterLive;
  /** Of the power of all rows that are not stale. */
  share: number | null;
}

export interface Order {
  area: string | null;
  /** Meter -> usual power [kW]. */
  usual?: ReadonlyMap<string, number>;
  column: Column;
  descending: boolean;
  name: (meter: Meter) => string;
  /** The part of the park that the meter stands in, and its name. */
  part: (meter: Meter) => string;
  owner: (meter: Meter) => string;
  locale: string;
}

export function ranked(meters: ReadonlyMap<string, Meter>, live: ReadonlyMap<string, MeterLive>, order: Order): Row[] {
  const rows = ends(meters).flatMap((meter) => rowOf(meter, live.get(meter.code), order));
  const total = rows.reduce((sum, row) => sum + (row.live.state === "stale" ? 0 : (row.live.power_kw ?? 0)), 0);
  for (const row of rows) row.share = row.live.power_kw === null || total <= 0 ? null : row.live.power_kw / total;
  const sign = order.descending ? -1 : 1;
  return rows.sort((a, b) => sign * compare(a, b, order));
}

function ends(meters: ReadonlyMap<string, Meter>): Meter[] {
  const power = [...meters.values()].filter((meter) => meter.carrier === "electricity");
  const above = new Set(power.filter((meter) => meter.role !== "generation").map((meter) => meter.parent));
  return power.filter((meter) => (meter.role === "load" || meter.role === "boundary") && !above.has(meter.code));
}

function rowOf(meter: Meter, live: MeterLive | undefined, order: Order): Row[] {
  if (!live || live.power_kw === null || (order.area && order.part(meter) !== order.area)) return [];
  return [{ meter, live, share: null }];
}

function compare(a: Row, b: Row, order: Order): number {
  switch (order.column) {
    case "name":
      return order.name(a.meter).localeCompare(order.name(b.meter), order.locale);
    case "enterprise":
      return order.owner(a.meter).localeCompare(order.owner(b.meter), order.locale);
    case "co2":
      return (a.live.co2_kg_per_h ?? 0) - (b.live.co2_kg_per_h ?? 0);
    case "deviation":
      return offBy(a, order) - offBy(b, order);
    default:
      return (a.live.power_kw ?? 0) - (b.live.power_kw ?? 0);
  }
}

/** What is not known or stale comes last of the falling order. */
function offBy({ meter, live }: Row, { usual }: Order): number {
  return deviationOf(live.state === "stale" ? null : live.power_kw, usual?.get(meter.code))?.off ?? -Number.MAX_VALUE;
}
