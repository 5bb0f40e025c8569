import { expect, it } from "vitest";
import { found } from "../src/frame/found.ts";

const entries = [
  { code: "A-M02", texts: ["Moulding machine 1", "1号注塑机", "A-M02"] },
  { code: "A-M11", texts: ["Roof PV Qinglan", "青岚屋顶光伏", "A-M11"] },
  { code: "E-M03", texts: ["Cooling plant", "制冷站", "E-M03"] },
  { code: "A-M10", texts: ["Process chiller", "工艺冷水机", "A-M10"] },
];
const codes = (typed: string, most = 9): string[] => found(typed, entries, most).map((one) => one.code);

it.each([
  ["m", ["A-M02", "A-M11", "E-M03", "A-M10"]],
  ["pv", ["A-M11"]],
  ["p", ["A-M10", "A-M11", "E-M03"]],
  ["冷", ["E-M03", "A-M10"]],
  ["machine mould", ["A-M02"]],
  ["  E-M03 ", ["E-M03"]],
  ["nothing", []],
])("%j finds %j", (typed, expected) => expect(codes(typed).sort()).toEqual([...expected].sort()));

it("what begins with the letters stands before what holds them", () => expect(codes("p")).toEqual(["A-M10", "A-M11", "E-M03"]));

it("an empty search finds all, as many as may be shown", () => expect(codes("", 2)).toEqual(["A-M02", "A-M11"]));
