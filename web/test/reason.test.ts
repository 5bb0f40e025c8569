import { expect, it } from "vitest";
import type { FactorUse } from "../src/api.ts";
import { wordsOf } from "../src/i18n/words.ts";
import { reasonOf } from "../src/reports/reason.ts";

const use: FactorUse = {
  id: "f", value: 0.4419, unit: "kgCO2/kWh", edition: "2023", published: null, region: "CN-GD", source: "s",
  why: "as the service says", rule: "own_year", year: 2023, asked: "CN-GD", from: "2026-11-01", to: "2026-11-02",
};

it.each([
  ["own_year", "data year 2023, the day's own", "2023 数据年度，即当日所属年度"],
  ["newest_year", "newest data year published: 2023", "已发布的最新数据年度：2023"],
  ["no_year", "a default of no year", "不分年度的缺省值"],
  ["standing", "in force when the day was settled", "当日结算时有效的因子"],
  ["some_rule_to_come", "as the service says", "as the service says"],
])("the rule %s reads %s", (rule, english, chinese) => {
  expect(reasonOf({ ...use, rule: rule as FactorUse["rule"] }, wordsOf("en"))).toBe(english);
  expect(reasonOf({ ...use, rule: rule as FactorUse["rule"] }, wordsOf("zh"))).toBe(chinese);
});

it("names the region that answers for the meter's own", () => {
  expect(reasonOf({ ...use, asked: "CN-XX" }, wordsOf("en"))).toBe("data year 2023, the day's own · CN-GD, as CN-XX has none");
});
