import { expect, it } from "vitest";
import { detail } from "../src/i18n/details.ts";

it.each([
  ["no answer within 1.5 s", "1.5 秒内没有应答"],
  ["no connection to 192.0.2.1:502: nothing listens there", "无法连接 192.0.2.1:502：该端口没有服务在监听"],
  ["no answer within 1 s, only a piece of one: 01 03", "1 秒内没有应答，只收到一部分：01 03"],
  ["holding 0-40: illegal address", "holding 0-40: 没有此寄存器地址"],
  ["holding 0 to 0: illegal address; M-1, input 7: busy", "holding 0 to 0: 没有此寄存器地址；M-1, input 7: 设备忙"],
  ["holds none of the values, such as em.0.power (got 'null')", "不含任何所需的值，例如 em.0.power（收到 'null'）"],
  ["holds none of the values (got '{\"a\": 1; \"b\": 2}')", "不含任何所需的值（收到 '{\"a\": 1; \"b\": 2}'）"],
  ["v.a: active_power is never so much (got 1e+300)", "v.a: active_power 不可能这么大（收到 1e+300）"],
  ["there is no device template 'eastron-sdm63'; did you mean 'eastron-sdm630'?", "没有设备模板 'eastron-sdm63'；是否为 'eastron-sdm630'？"],
  ["no scope2_location electricity factor for 2026-11-02 in CN-GD > CN was known on 2026-11-28", "2026-11-28 时，CN-GD > CN 没有可用于 2026-11-02 的 scope2_location electricity 因子"],
  ["unit 'kg' cannot be converted to 'kW' (got '40 kg')", "单位 'kg' 无法换算为 'kW'（收到 '40 kg'）"],
  ["unit '1' cannot be converted to 'kW' (got '100')", "单位 '1' 无法换算为 'kW'（收到 '100'）"],
  ["no meter stood at its boundary in this month", "本月其边界没有表计"],
  ["the month's own prices or free days are not known: those of 2026-10-01 go on", "本月的电价或放假安排未知：沿用 2026-10-01 的电价表"],
  ["its publisher calls the prices provisional", "发布方称此电价为暂定"],
  ["no meter has this code; the row is kept aside", "没有此编码的表计；该行已另存"],
])("%s", (said, text) => {
  expect(detail(said, "zh")).toEqual({ text, language: "zh" });
  expect(detail(said, "en")).toEqual({ text: said, language: "en" });
});

it("what has no Chinese word is shown as it was said", () => {
  const said = "[SSL] record layer failure: nobody knows";
  expect(detail(said, "zh")).toEqual({ text: said, language: "en" });
});

it.each([
  ["power factor 0.94: -0.60 % of 1605947.06", "power factor 0.94: −0.60 % of 1\u202f605\u202f947.06", "功率因数 0.94：对 1\u202f605\u202f947.06 调整 −0.60 %"],
  ["2208 of 12976 windows were not measured whole and set no maximum", "2\u202f208 of 12\u202f976 windows were not measured whole and set no maximum", "12\u202f976 个需量窗口中有 2\u202f208 个未完整计量，不参与最大需量"],
  ["contract demand 5200 kW with an actual one of None kW", "contract demand 5\u202f200 kW with an actual one of None kW", "合同需量 5\u202f200 kW，实际 None kW"],
])("figures of %s are written as everywhere", (said, en, zh) => {
  expect(detail(said, "en")).toEqual({ text: en, language: "en" });
  expect(detail(said, "zh")).toEqual({ text: zh, language: "zh" });
});
