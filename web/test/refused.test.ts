import { expect, it } from "vitest";
import { ApiError } from "../src/api.ts";
import { wordsOf } from "../src/i18n/words.ts";
import { refused } from "../src/parts/refused.ts";

const problem = (errors: object[]) =>
  new ApiError({ title: "", status: 422, detail: "The request has a mistake; errors names it.", type: "about:blank", errors } as never);

it("names what is wrong, not that something is", () => {
  const error = problem([{ field: "area", value: "E9", reason: "no area has this code" }]);
  expect(refused(error, wordsOf("en"))).toBe("area: no area has this code (got 'E9')");
  expect(refused(error, wordsOf("zh"))).toBe("area: 没有此编码的区域（收到 'E9'）");
});

it("says in Chinese how lengths of time and powers are written", () => {
  const error = problem([
    { field: "rule.hold", value: null, reason: "has to be a length of time, such as '30 s', '5 min', '2 h' or '1 d'" },
    { field: "rule.above", value: null, reason: "has to be a number and its unit, such as '400 kW'" },
  ]);
  expect(refused(error, wordsOf("zh"))).toBe("rule.hold: 应为时长，例如 30 s、5 min、2 h 或 1 d; rule.above: 应为数值和单位，例如 400 kW");
});

it("says what the page itself has to say", () => expect(refused(new Error("Write the comment first."), wordsOf("en"))).toBe("Write the comment first."));

it("says that the service does not answer where nothing came back", () => {
  expect(refused(new TypeError("Failed to fetch"), wordsOf("zh"))).toBe("ParkWatt 没有应答");
});
