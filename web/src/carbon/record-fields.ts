/** What is asked of each sort of record, and what is shown of it. */

import type { Schemas } from "../api.ts";
import type { Words } from "../i18n/words.ts";
import { exact, three, unitText } from "../numbers.ts";

export type Row = Schemas["RecordEntry"];
export const SORTS = ["activities", "certificates", "production"] as const;
export type Sort = (typeof SORTS)[number];
type Label = (words: Words) => string;

/** As the form asks for it; named as the service takes it. */
export interface Field {
  name: string;
  label: Label;
  kind?: "number" | "area";
  hint?: string;
  optional?: boolean;
}

export interface Column {
  label: Label;
  shown: (row: Row) => string;
  number?: boolean;
}

const WHO: Field = { name: "who", label: (words) => words.who };

export const FIELDS: Record<Sort, readonly Field[]> = {
  activities: [
    { name: "period", label: (w) => w.period, hint: "2026-05" }, { name: "enterprise", label: (w) => w.area, kind: "area" },
    { name: "kind", label: (w) => w.recordKind, hint: "diesel" }, { name: "amount", label: (w) => w.amountOf, kind: "number" },
    { name: "unit", label: (w) => w.unit, hint: "t" }, { name: "document", label: (w) => w.document }, WHO,
  ],
  certificates: [
    { name: "registry_id", label: (w) => w.registryId }, { name: "vintage", label: (w) => w.vintage, hint: "2026" },
    { name: "mwh", label: () => "MWh", kind: "number" }, { name: "technology", label: (w) => w.technology, hint: "solar" },
    { name: "generator", label: (w) => w.generator }, { name: "consumer", label: (w) => w.consumer, kind: "area" },
    { name: "interval", label: (w) => w.period, hint: "2026-05" }, WHO,
  ],
  production: [
    { name: "period", label: (w) => w.period, hint: "2026-05" }, { name: "enterprise", label: (w) => w.area, kind: "area" },
    { name: "product", label: (w) => w.product, hint: "output_value" }, { name: "quantity", label: (w) => w.amountOf, kind: "number" },
    { name: "unit", label: (w) => w.unit, hint: "CNY" }, { name: "document", label: (w) => w.document, optional: true }, WHO,
  ],
};

const PERIOD: Column = { label: (w) => w.period, shown: (row) => periodOf(row) };
const AMOUNT: Column = { label: (w) => w.amountOf, shown: (row) => `${exact(row.amount)} ${unitText(row.unit)}`, number: true };
const DOCUMENT: Column = { label: (w) => w.document, shown: (row) => row.document };
const EMITTED: Column = { label: (w) => w.emitted, shown: (row) => row.emissions.map(({ gas, kg }) => `${three(kg)} ${unitText(`kg ${gas}`)}`).join(", "), number: true };

/** Beside the area, and who entered it when. */
export const COLUMNS: Record<Sort, readonly Column[]> = {
  activities: [{ label: (w) => w.recordKind, shown: (row) => row.name }, PERIOD, AMOUNT, EMITTED, DOCUMENT],
  certificates: [
    { label: (w) => w.registryId, shown: (row) => row.document }, PERIOD, AMOUNT, { label: (w) => w.vintage, shown: (row) => row.vintage ?? "" },
    { label: (w) => w.technology, shown: (row) => row.name }, { label: (w) => w.generator, shown: (row) => row.generator ?? "" },
  ],
  production: [{ label: (w) => w.product, shown: (row) => row.name }, PERIOD, AMOUNT, DOCUMENT],
};

/** A whole month or year by its name, else the first and the last day. */
export function periodOf({ from, to }: Pick<Row, "from" | "to">): string {
  if (from.endsWith("-01-01") && to === `${from.slice(0, 4)}-12-31`) return from.slice(0, 4);
  const [year, month] = from.split("-").map(Number) as [number, number];
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (from.endsWith("-01") && to === `${from.slice(0, 8)}${last}`) return from.slice(0, 7);
  return from === to ? from : `${from} – ${to}`;
}
