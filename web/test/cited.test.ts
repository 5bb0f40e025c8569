import { expect, test } from "vitest";
import { piecesOf } from "../src/parts/cited.ts";

test.each([
  ["MEE No.47; https://www.mee.gov.cn/a/t1_2.html (PDF W02.pdf)", ["MEE No.47; ", ["mee.gov.cn", "https://www.mee.gov.cn/a/t1_2.html"], " (PDF W02.pdf)"]],
  ["http://a.cn/x-1.html \"若数据\"", [["a.cn", "http://a.cn/x-1.html"], " \"若数据\""]],
  ["看 https://b.cn/p；另见 https://c.cn/q?r=1,", ["看 ", ["b.cn", "https://b.cn/p"], "；另见 ", ["c.cn", "https://c.cn/q?r=1"], ","]],
  ["Eastron protocol 2018 v2.0", ["Eastron protocol 2018 v2.0"]],
  ["javascript:alert(1) http://", ["javascript:alert(1) http://"]],
])("%s", (source, pieces) => {
  expect(piecesOf(source).map(({ text, href }) => (href ? [text, href] : text))).toEqual(pieces);
});
