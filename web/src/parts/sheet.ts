/** One table of figures: what a chart shows, what stands beside it, and what is saved of it. */

import { html, type TemplateResult } from "lit";
import { exact, fixed } from "../numbers.ts";

export type Cell = string | number | null;

export interface Column {
  name: string;
  unit?: string;
  /** Decimals of the figures shown; left out: every digit. */
  decimals?: number;
  number?: boolean;
}

export interface Sheet {
  columns: readonly Column[];
  rows: readonly (readonly Cell[])[];
}

export function headOf(column: Column): string {
  return column.unit ? `${column.name} [${column.unit}]` : column.name;
}

export function sheetTable(sheet: Sheet): TemplateResult {
  return html`<table>
    <thead>
      <tr>${sheet.columns.map((column) => html`<th scope="col" class=${column.number ? "number" : ""}>${column.name}${unit(column)}</th>`)}</tr>
    </thead>
    <tbody>
      ${sheet.rows.map((row) => html`<tr>${row.map((cell, i) => shown(cell, sheet.columns[i], i))}</tr>`)}
    </tbody>
  </table>`;
}

function unit(column: Column): TemplateResult | string {
  return column.unit ? html` <span class="unit">${column.unit}</span>` : "";
}

function shown(cell: Cell, column: Column | undefined, place: number): TemplateResult {
  const text = column?.number ? figure(cell, column.decimals) : (cell ?? "");
  if (place === 0) return html`<th scope="row">${text}</th>`;
  return html`<td class=${column?.number ? "number" : ""}>${text}</td>`;
}

function figure(cell: Cell, decimals: number | undefined): string {
  if (typeof cell === "string") return cell;
  return decimals === undefined ? exact(cell) : fixed(cell, decimals);
}

const FORMULA = /^[=+\-@\t\r]/;

/** Comma separated, with a mark of UTF-8 that spreadsheets look for; text that they would take for a formula is quoted. */
export function csvOf(sheet: Sheet): string {
  const lines = [sheet.columns.map(headOf), ...sheet.rows].map((row) => row.map(field).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return Number.isFinite(cell) ? String(cell) : "";
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
