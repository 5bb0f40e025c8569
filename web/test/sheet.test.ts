import { expect, it } from "vitest";
import { strFromU8, unzipSync } from "fflate";
import { csvOf, type Sheet } from "../src/parts/sheet.ts";
import { workbook } from "../src/parts/workbook.ts";

const sheet: Sheet = {
  columns: [{ name: "Line" }, { name: "Cost", unit: "CNY", number: true, decimals: 2 }],
  rows: [["Valley, low", 1.25], ['=1+1 "x"', null], ["<b>&", Number.NaN], ["-", -3]],
};

it("a CSV quotes what needs it, and what a spreadsheet would take for a formula", () => {
  expect(csvOf(sheet)).toBe('\ufeffLine,Cost [CNY]\r\n"Valley, low",1.25\r\n"\'=1+1 ""x""",\r\n<b>&,\r\n\'-,-3\r\n');
});

it("a workbook has the same cells, unknown ones empty", async () => {
  const files = unzipSync(new Uint8Array(await workbook(sheet, "a/b [1]").arrayBuffer()));
  const text = strFromU8(files["xl/worksheets/sheet1.xml"] ?? new Uint8Array());
  expect(text).toContain('<row><c t="inlineStr"><is><t xml:space="preserve">Valley, low</t></is></c><c><v>1.25</v></c></row>');
  expect(text).toContain('<t xml:space="preserve">&lt;b&gt;&amp;</t></is></c><c/></row>');
  expect(text).toContain("<c><v>-3</v></c>");
  expect(strFromU8(files["xl/workbook.xml"] ?? new Uint8Array())).toContain('name="a b  1 "');
});
