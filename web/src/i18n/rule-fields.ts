/** What the fields of rules are called; one without a name here is shown as the document has it. */

import type { Language } from "./words.ts";

const FIELDS: Record<Language, Readonly<Record<string, string>>> = {
  en: {
    quantity: "Quantity", above: "Above", below: "Below", hysteresis: "Over once back by", hold: "Holds for [s]", over: "Mean over [s]", least: "Not under",
    stages: "Stages of the contract", margin: "Margin", settle: "Not in a block's first [s]", begins: "From", ends: "To", rest_days: "Rest days", bands: "Bands",
    after: "Silent for [s]", intervals: "Silent for intervals", gap: "Gap [s]", ahead: "Ahead by [s]", full: "Share full", drops: "More than", share: "Off by share",
  },
  zh: {
    quantity: "物理量", above: "高于", below: "低于", hysteresis: "回差", hold: "持续 [秒]", over: "取均值 [秒]", least: "不低于",
    stages: "合同需量的各级", margin: "余量", settle: "时段起始忽略 [秒]", begins: "自", ends: "至", rest_days: "休息日", bands: "电价时段",
    after: "无数据 [秒]", intervals: "无数据的间隔数", gap: "缺口 [秒]", ahead: "超前 [秒]", full: "占满比例", drops: "多于", share: "偏离比例",
  },
};

export function ruleField(field: string, language: Language): string {
  return FIELDS[language][field] ?? field;
}
