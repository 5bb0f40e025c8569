/** A sheet as an Excel workbook: the least that ECMA-376 asks of one, zipped. */

import { strToU8, zipSync } from "fflate";
import { headOf, type Cell, type Sheet } from "./sheet.ts";

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const FORM = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const LONGEST_NAME = 31;
const [NARROWEST, WIDEST] = [8, 60];

const TYPES = `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${FORM}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${FORM}.worksheet+xml"/></Types>`;

export function workbook(sheet: Sheet, title: string): Blob {
  const parts = {
    "[Content_Types].xml": TYPES,
    "_rels/.rels": relation("officeDocument", "xl/workbook.xml"),
    "xl/workbook.xml": `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="${escaped(nameOf(title))}" sheetId="1" r:id="r1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relation("worksheet", "worksheets/sheet1.xml"),
    "xl/worksheets/sheet1.xml": worksheet(sheet),
  };
  const files = Object.fromEntries(Object.entries(parts).map(([path, text]) => [path, strToU8(HEAD + text)]));
  return new Blob([zipSync(files) as Uint8Array<ArrayBuffer>], { type: `${FORM}.sheet` });
}

function relation(kind: string, target: string): string {
  return `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="r1" Type="${OFFICE}/${kind}" Target="${target}"/></Relationships>`;
}

function worksheet(sheet: Sheet): string {
  const rows: readonly (readonly Cell[])[] = [sheet.columns.map(headOf), ...sheet.rows];
  const widths = sheet.columns.map((_, i) => Math.min(WIDEST, Math.max(NARROWEST, ...rows.map((row) => String(row[i] ?? "").length + 2))));
  return `<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>${widths
    .map((width, i) => `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`)
    .join("")}</cols><sheetData>${rows.map((row) => `<row>${row.map(cell).join("")}</row>`).join("")}</sheetData></worksheet>`;
}

function cell(value: Cell): string {
  if (value === null || value === "") return "<c/>";
  if (typeof value === "number") return Number.isFinite(value) ? `<c><v>${value}</v></c>` : "<c/>";
  return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
}

function nameOf(title: string): string {
  return title.replace(/[[\]:*?/\\']/g, " ").slice(0, LONGEST_NAME);
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  // XML has no place for other control characters.
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? "").replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
}
