/** Pools as the links of a flow drawing: where each carrier of an area comes from and goes to, down to its users. */

import type { Line, Pool, PoolRow } from "./answers.ts";

export type Measure = "amount" | "co2";
export type NodeKind = "source" | "generation" | "pool" | "converter" | "area" | "meter" | "own" | "rest" | "export" | "storage";

export interface FlowNode {
  id: string;
  kind: NodeKind;
  /** Area, meter or converter. */
  code: string;
  carrier: string;
}

export interface FlowLink {
  from: string;
  to: string;
  carrier: string;
  value: number;
  /** Meters between the two. */
  meters: string[];
}

export interface Flow {
  nodes: FlowNode[];
  links: FlowLink[];
  /** Pools that more left than entered, with how much. */
  over: { area: string; carrier: string; value: number }[];
}

const GAS = "CO2";
const LEAST_SHARE = 1e-6;

/** Sum over what is known; null where nothing is. */
export function summed(line: Line | undefined): number | null {
  const known = (line ?? []).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

/** The pools of an area and of what lies in it; `inside` says which areas are drawn as pools, all others as ends. */
export function flowOf(pools: readonly Pool[], measure: Measure, inside: (area: string) => boolean): Flow {
  const shown = pools.filter((pool) => inside(pool.area));
  const flow: Flow = { nodes: [], links: [], over: [] };
  for (const pool of shown) for (const row of pool.rows) rowLink(flow, pool, row, measure, inside);
  for (const pool of shown) restLink(flow, pool, measure);
  const most = Math.max(0, ...flow.links.map((link) => link.value));
  flow.links = flow.links.filter((link) => link.value > most * LEAST_SHARE);
  const used = new Set(flow.links.flatMap((link) => [link.from, link.to]));
  flow.nodes = flow.nodes.filter((node) => used.has(node.id));
  return flow;
}

function rowLink(flow: Flow, pool: Pool, row: PoolRow, measure: Measure, inside: (area: string) => boolean): void {
  const both = row.other !== null && inside(row.other);
  // Between two pools that are both drawn, the one that receives draws the link.
  if (both && row.part === "sent") return;
  const value = measure === "co2" ? summed(row.carried[GAS]) : summed(row.values);
  if (value === null) return;
  const here = put(flow, { id: `pool:${pool.area}:${pool.carrier}`, kind: "pool", code: pool.area, carrier: pool.carrier });
  const there = put(flow, farEnd(pool, row, both));
  const [from, to] = row.inwards ? [there, here] : [here, there];
  const known = flow.links.find((link) => link.from === from && link.to === to);
  if (known) [known.value, known.meters] = [known.value + value, [...known.meters, row.meter]];
  else flow.links.push({ from, to, carrier: pool.carrier, value, meters: [row.meter] });
}

function farEnd(pool: Pool, row: PoolRow, both: boolean): FlowNode {
  const { carrier } = pool;
  if (row.converter) return { id: `converter:${row.converter}`, kind: "converter", code: row.converter, carrier };
  if (row.other !== null && both) return { id: `pool:${row.other}:${carrier}`, kind: "pool", code: row.other, carrier };
  if (row.other !== null) return { id: `${row.inwards ? "from" : "area"}:${row.other}`, kind: "area", code: row.other, carrier };
  if (row.part === "bought") return { id: `bought:${carrier}`, kind: "source", code: "", carrier };
  if (row.part === "generated") return { id: `made:${pool.area}:${carrier}`, kind: "generation", code: row.meter, carrier };
  if (row.part === "exported") return { id: `export:${carrier}`, kind: "export", code: "", carrier };
  if (row.part === "charged" || row.part === "discharged") return { id: `${row.part}:${row.meter}`, kind: "storage", code: row.meter, carrier };
  return { id: `meter:${row.meter}`, kind: "meter", code: row.meter, carrier };
}

/** What no meter behind the pool saw: losses and unmetered use, or all use where nothing is metered behind it. */
function restLink(flow: Flow, pool: Pool, measure: Measure): void {
  const value = measure === "co2" ? summed(pool.rest_carried[GAS]) : summed(pool.rest);
  if (value === null) return;
  const entered = summed(pool.entered) ?? 0;
  const amount = summed(pool.rest) ?? 0;
  if (amount < -1e-6 * Math.max(1, entered)) flow.over.push({ area: pool.area, carrier: pool.carrier, value: -amount });
  if (value <= 0) return;
  const from = put(flow, { id: `pool:${pool.area}:${pool.carrier}`, kind: "pool", code: pool.area, carrier: pool.carrier });
  const to = put(flow, pool.rows.every((row) => row.inwards) ? { id: `own:${pool.area}`, kind: "own", code: pool.area, carrier: pool.carrier } : { id: "rest", kind: "rest", code: "", carrier: pool.carrier });
  flow.links.push({ from, to, carrier: pool.carrier, value, meters: [] });
}

function put(flow: Flow, node: FlowNode): string {
  if (!flow.nodes.some((one) => one.id === node.id)) flow.nodes.push(node);
  return node.id;
}
