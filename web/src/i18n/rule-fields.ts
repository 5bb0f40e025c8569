/** What rules and their fields are called; what has no name here is shown as the document has it. */

import type { Language } from "./words.ts";

const FIELDS: Record<Language, Readonly<Record<string, string>>> = {
  en: {
    quantity: "Quantity", above: "Above", below: "Below", hysteresis: "Over once back by", over: "Mean over", least: "Not under",
    contract: "Contract", stages: "Stages of the contract", margin: "Margin", settle: "Not in a block's first", begins: "From", ends: "To", rest_days: "Rest days", bands: "Bands",
    after: "Silent for", intervals: "Silent for intervals", gap: "Gap", ahead: "Ahead by", full: "Share full", drops: "More than", away: "Without an answer for",
    rise: "Rises by", fall: "Falls by", within: "Within", nominal: "Nominal", all: "All of", any: "Any of", counter: "Counter", since: "Since", hold: "Holds for",
  },
  zh: {
    quantity: "物理量", above: "高于", below: "低于", hysteresis: "回差", over: "取均值", least: "不低于",
    contract: "合同需量", stages: "合同需量的各级", margin: "余量", settle: "时段起始忽略", begins: "自", ends: "至", rest_days: "休息日", bands: "电价时段",
    after: "无数据", intervals: "无数据的间隔数", gap: "缺口", ahead: "超前", full: "占满比例", drops: "多于", away: "无响应时长",
    rise: "上升", fall: "下降", within: "在此时间内", nominal: "额定值", all: "全部满足", any: "任一满足", counter: "计数器", since: "起始日", hold: "持续",
  },
};

/** In the order in which a rule is told. */
export const RULE_FIELDS: readonly string[] = Object.keys(FIELDS.en);

export function ruleField(field: string, language: Language): string {
  return FIELDS[language][field] ?? field;
}

const KINDS: Record<Language, Readonly<Record<string, string>>> = {
  en: {
    limit: "Limit", demand: "Contract demand", rate: "Change", stale: "Silent meter", source_down: "Source down", off_peak: "Load in dear hours", base_load: "Load at rest", deviation: "Unlike usual",
    unbalance: "Phases unlike", power_factor: "Power factor", supply: "Voltage and frequency", balance: "Balance", composite: "Several rules",
    reset: "Counter falls back", gap: "Gap in readings", clock: "Clock ahead", spool: "Readings wait on the disk", drops: "Readings lost", database: "Database away",
  },
  zh: {
    limit: "限值", demand: "合同需量", rate: "变化过快", stale: "表计无数据", source_down: "数据源中断", off_peak: "高价时段用电", base_load: "停工时用电", deviation: "偏离平常",
    unbalance: "三相不平衡", power_factor: "功率因数", supply: "电压与频率", balance: "平衡", composite: "组合规则",
    reset: "计数倒退", gap: "数据缺口", clock: "时钟超前", spool: "数据积压于磁盘", drops: "数据丢失", database: "数据库无响应",
  },
};

/** A kind of rule, or the sign that a rule about data looks for. */
export function ruleKind(kind: string, language: Language): string {
  return KINDS[language][kind] ?? kind;
}
