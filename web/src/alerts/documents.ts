/** A rule's document as fields of a form, and what a trial told as alerts from beginning to end. */

import type { Name, Schemas } from "../api.ts";

export type Document = Record<string, unknown> & { kind: string; code: string; name: Name };

export interface Firing {
  subject: string;
  since: string;
  until: string | null;
  value: number | null;
  limit: number | null;
  unit: string;
}

/** What every rule has and a trial does not turn on. */
const SETTLED: readonly string[] = ["kind", "code", "name", "advice", "active", "severity", "from", "to", "where", "flapping", "storm", "clear", "sign", "counter", "contract"];

export function triedFields(document: Document): string[] {
  return Object.keys(document).filter((field) => !SETTLED.includes(field));
}

export function textOf(value: unknown): string {
  return value === null || value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value);
}

/** As the document has it: a list stays one, a number is one, and nothing is null. */
export function fromText(text: string, before: unknown): unknown {
  if (Array.isArray(before)) return text.split(",").map((part) => plain(part.trim())).filter((part) => part !== "");
  return text === "" ? null : plain(text);
}

function plain(text: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Each alert with its end, in the order in which they began. */
export function firings(changes: readonly Schemas["AlertChange"][]): Firing[] {
  const found = new Map<string, Firing>();
  for (const one of changes) {
    const open = found.get(one.alert);
    if (open === undefined) found.set(one.alert, { subject: one.subject, since: one.at, until: null, value: one.value, limit: one.limit, unit: one.unit });
    else if (one.what === "resolved") open.until = one.at;
  }
  return [...found.values()];
}
