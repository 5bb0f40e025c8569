/** What the fields of rules are called; one without a name here is shown as the document has it. */

import type { Language } from "./words.ts";

const FIELDS: Record<Language, Readonly<Record<string, string>>> = {
  en: {
    quantity: "Quantity", above: "Above", below: "Below", hysteresis: "Over once back by", hold: "Holds for", over: "Mean over", least: "Not under",
    stages: "Stages of the contract", margin: "Margin", settle: "Not in a block's first", begins: "From", ends: "To", rest_days: "Rest days", bands: "Bands",
    after: "Silent for", intervals: "Silent for intervals", gap: "Gap", ahead: "Ahead by", full: "Share full", drops: "More than", away: "Without an answer for", share: "Off by share",
  },
  zh: {
    quantity: "物理量", above: "高于", below: "低于", hysteresis: "回差", hold: "持续", over: "取均值", least: "不低于",
    stages: "合同需量的各级", margin: "余量", settle: "时段起始忽略", begins: "自", ends: "至", rest_days: "休息日", bands: "电价时段",
    after: "无数据", intervals: "无数据的间隔数", gap: "缺口", ahead: "超前", full: "占满比例", drops: "多于", away: "无响应时长", share: "偏离比例",
  },
};

export function ruleField(field: string, language: Language): string {
  return FIELDS[language][field] ?? field;
}
