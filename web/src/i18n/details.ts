/** What the service says of single failures, in Chinese: its English texts are the keys, {} is a value, {#} a figure, {1} the second one. */

import { fixed } from "../numbers.ts";
import type { Language } from "./words.ts";

const DETAILS: readonly (readonly [string, string])[] = [
  ["no connection to {}: {}", "无法连接 {}：{}"],
  ["nothing listens there", "该端口没有服务在监听"],
  ["Connection refused", "连接被拒绝"],
  ["No route to host", "没有到达该主机的路由"],
  ["Network is unreachable", "网络不可达"],
  ["Connection reset by peer", "连接被对方重置"],
  ["{}, only what was not asked for: {}", "{}，只收到未请求的内容：{}"],
  ["{}, only a piece of one: {}", "{}，只收到一部分：{}"],
  ["{}, only: {}", "{}，只收到：{}"],
  ["no answer within {} s", "{} 秒内没有应答"],
  ["no answer from the store within {} s", "数据库在 {} 秒内没有应答"],
  ["no answer", "没有应答"],
  ["the connection was lost", "连接中断"],
  ["the connection was closed", "连接已关闭"],
  ["the answer has another form than was asked for", "应答的格式与请求不符"],
  ["an earlier answer may still come", "较早请求的应答可能仍会到来"],
  ["a refusal came that may belong to an earlier request", "收到的拒绝可能属于较早的请求"],
  ["it refuses {}", "设备拒绝 {}"],
  ["illegal function", "功能码不支持"],
  ["illegal address", "没有此寄存器地址"],
  ["illegal value", "请求的数量或值不合法"],
  ["device failure", "设备故障"],
  ["acknowledged, not ready", "已受理，尚未就绪"],
  ["busy", "设备忙"],
  ["memory parity error", "设备存储校验错误"],
  ["the gateway has no path to it", "网关没有通往该设备的路径"],
  ["it did not answer the gateway", "设备没有应答网关"],
  ["it has no such data", "设备没有此数据"],
  ["not authorised", "未授权"],
  ["it answers with an error: {}", "设备应答错误：{}"],
  ["another device: this template is known by {}", "应答的是另一种设备：此模板的标识为 {}"],
  ["the broker at {} refuses: {}", "{} 处的代理拒绝：{}"],
  ["the broker at {} hangs up: {}", "{} 处的代理挂断：{}"],
  ["it may want encryption (mqtts://) or another version of MQTT", "可能要求加密（mqtts://）或另一 MQTT 版本"],
  ["it may want a certificate of ours: cert and key", "可能要求本方证书：请设置 cert 和 key"],
  ["it may not accept our certificate: expired, or of an authority that it does not know", "可能不接受本方证书：已过期，或对方不认识其颁发机构"],
  ["it may not speak TLS (mqtt://)", "对方可能不使用 TLS（mqtt://）"],
  ["no such host is known here", "本机找不到该主机名"],
  ["there is no such port", "没有此串口"],
  ["whoever runs ParkWatt may not open it (on Debian that is the group dialout)", "运行 ParkWatt 的账户无权打开它（Debian 上需加入 dialout 组）"],
  ["another program has it open", "已被其他程序打开"],
  ["it is no serial port", "它不是串口"],
  ["it does not take these settings: baudrate, parity, stop_bits", "它不接受这些设置：baudrate、parity、stop_bits"],
  ["it wants an account: set PARKWATT_MQTT_USER and PARKWATT_MQTT_PASSWORD", "需要账号：请设置 PARKWATT_MQTT_USER 和 PARKWATT_MQTT_PASSWORD"],
  ["not as {}: look at PARKWATT_MQTT_USER and PARKWATT_MQTT_PASSWORD", "不接受账号 {}：请检查 PARKWATT_MQTT_USER 和 PARKWATT_MQTT_PASSWORD"],
  ["its certificate is for another name: {}", "对方证书属于另一名称：{}"],
  ["its certificate has expired, or the clock here is wrong", "对方证书已过期，或本机时钟不准"],
  ["its certificate is not trusted here ({}); if it is of your own, name its authority with {}", "本机不信任对方证书（{}）；如为自有证书，请在 {} 中指明其颁发机构"],
  ["the broker disconnected: {}", "代理断开了连接：{}"],
  ["no subscription to {}: {}", "无法订阅 {}：{}"],
  ["nothing was heard from the edge {} for {} s", "边缘站 {} 已有 {} 秒没有消息"],
  ["has to be a length of time, such as '30 s', '5 min', '2 h' or '1 d'", "应为时长，例如 30 s、5 min、2 h 或 1 d"],
  ["unit {} cannot be converted to {}", "单位 {} 无法换算为 {}"],
  ["has to be a number and its unit, such as '400 kW'", "应为数值和单位，例如 400 kW"],
  ["has to be a share, such as '80 %'", "应为比例，例如 80 %"],
  ["A file has the rule {}; change it there, or choose another code.", "规则 {} 来自文件；请在文件中修改，或另选代码。"],
  ["Another rule bears the code {}; choose another one.", "已有其他规则使用代码 {}；请另选代码。"],
  ["one of above and below is needed", "高于、低于至少填一项"],
  ["one of rise and fall is needed", "上升、下降至少填一项"],
  ["{} does not lie over below {}", "{} 不高于下限 {}"],
  ["looks back {} s, the window holds {} s", "需回看 {} 秒，而内存窗口只有 {} 秒"],
  ["have to rise", "须逐级升高"],
  ["no {} factor for {} in {} was known on {} ({})", "{3} 时，{2} 没有可用于 {1} 的 {0} 因子（{4}）"],
  ["no {} factor for {} in {} was known on {}", "{3} 时，{2} 没有可用于 {1} 的 {0} 因子"],
  ["it comes from a neighbour's pool, which this key does not see", "来自邻近企业的能源池，此密钥无权查看"],
  ["its vintage may not serve this interval", "其绿证年份不能用于该时段"],
  ["no factor is known for bought {}", "没有外购 {} 的因子"],
  ["{} shows {}, its pool in {} {}", "{0} 显示 {1}，而 {2} 的能源池按 {3} 计"],
  ["no pool tells who made it, and from what", "没有能源池说明由谁、用什么产生"],
  ["air that no pool tells, or that comes from outside: who made it, and from what, is not known", "能源池之外或外来的压缩空气：由谁、用什么产生未知"],
  ["period {} was closed in a form that froze no market-based figure", "周期 {} 按旧格式关账，未冻结基于市场的数值"],
  ["no area has this code", "没有此编码的区域"],
  ["has no supply contract of its own in this month", "本月没有自己的供电合同"],
  ["begins on {} only", "{} 才开始"],
  ["no meter has this code; the row is kept aside", "没有此编码的表计；该行已另存"],
  ["no meter has this code", "没有此编码的表计"],
  ["no meter has this address", "没有此地址的表计"],
  ["no meter has the name {} of this gateway", "此网关没有名为 {} 的表计"],
  ["no meter shows so much; at most {}", "没有表计会显示这么大的值；上限 {}"],
  ["not JSON: {}", "不是 JSON：{}"],
  ["not a finite number", "不是有限的数"],
  ["not a number", "不是数字"],
  ["not in the catalogue of quantities; of no row used", "量目录中没有；所有行均未采用"],
  ["neither mapped nor in the catalogue of quantities", "既无映射，量目录中也没有"],
  ["not in the catalogue of quantities", "量目录中没有"],
  ["a time without a zone, and its source declares none", "时间没有时区，其数据源也未声明"],
  ["a time more than a day ahead", "时间超前一天以上"],
  ["a time before the year 2000", "时间早于 2000 年"],
  ["is not an RFC 3339 time or a date, such as {}", "不是 RFC 3339 时间或日期，例如 {}"],
  ["{}, price table '{}' of {}", "{0}，{2} 起的价格表“{1}”"],
  ["{}, standard {}", "{}，标准 {}"],
  ["not a time in RFC 3339, such as {}", "不是 RFC 3339 时间，例如 {}"],
  ["not a time: {}", "不是时间：{}"],
  ["no such field", "没有此字段"],
  ["no birth announced it", "没有 birth 消息声明它"],
  ["{} is a number in quotes", "{} 是带引号的数字"],
  ["{} is never so much", "{} 不可能这么大"],
  ["{} is not finite", "{} 不是有限的数"],
  ["{} is a number", "{} 应为数字"],
  ["holds none of the values, such as {}", "不含任何所需的值，例如 {}"],
  ["holds none of the values", "不含任何所需的值"],
  ["it holds no single number", "其中不是单个数字"],
  ["{} stands beyond the answer's end", "{} 超出应答的末尾"],
  ["{} is not in decimal digits", "{} 不是十进制数字"],
  ["the database has not been ready since the start: {}", "启动以来数据库尚未就绪：{}"],
  ["the database could not take the change yet: {}", "数据库暂时无法接受此修改：{}"],
  ["no connection within {} s", "{} 秒内没有连接"],
  ["is gone; a park is not ended by that", "文件已不存在；园区不会因此结束"],
  ["there is no {}; did you mean {}?", "没有{}；是否为 {}？"],
  ["there is no {}", "没有{}"],
  ["device template {}", "设备模板 {}"],
  ["price series {}", "价格序列 {}"],
  ["tariff {}", "电价 {}"],
  ["area {}", "区域 {}"],
  ["meter {}", "表计 {}"],
  ["source {}", "数据源 {}"],
  ["{} stands twice", "{} 出现两次"],
  ["{} stands above itself", "{} 是自己的上级"],
  ["{} speaks {}, its source {} is {}", "{} 使用 {}，而其数据源 {} 是 {}"],
  ["no factor of the library is for the region {}", "因子库中没有区域 {} 的因子"],
  ["no window of the month was measured from end to end: its maximum is not known", "本月没有任何一个需量窗口被完整计量：最大需量未知"],
  ["no reactive energy is metered at the billing point", "计费点没有无功电量计量"],
  ["power factor {}: {#} % of {#}", "功率因数 {}：对 {2} 调整 {1} %"],
  ["some of the charges cannot be told", "部分费用无法确定"],
  ["common use and losses", "公共用电及损耗"],
  ["no energy, so no power factor", "没有电量，因此没有功率因数"],
  ["no adjustment is known for a power factor of {} by the standard {}", "功率因数 {}（标准 {}）没有对应的调整率"],
  ["{} cannot be shared out by the weights {}", "{} 无法按权重 {} 分摊"],
  ["charged by {} which is not known", "按 {} 计费，但其值未知"],
  ["contract demand {#} kW with an actual one of {#} kW", "合同需量 {} kW，实际 {} kW"],
  ["the billing month runs until {}", "计费月到 {} 结束"],
  ["no energy was measured at its boundary in this month", "本月其边界没有计量到电量"],
  ["no meter stood at its boundary in this month", "本月其边界没有表计"],
  ["the month's own prices or free days are not known: those of {} go on", "本月的电价或放假安排未知：沿用 {} 的电价表"],
  ["its publisher calls the prices provisional", "发布方称此电价为暂定"],
  ["priced by {}; another tariff holds now", "按 {} 计价；现行的是另一电价"],
  ["{} has {} price series and the contract names none", "{} 有 {} 个价格序列，而合同没有指定"],
  ["{#} % of the time so far was not measured; {#} kWh are estimated", "至今有 {} % 的时间未计量；其中 {} kWh 为估算值"],
  ["{#} of {#} windows were not measured whole and set no maximum", "{1} 个需量窗口中有 {0} 个未完整计量，不参与最大需量"],
  ["{} has no price series {}", "{} 没有价格序列 {}"],
  ["no price table before {}", "{} 之前没有电价表"],
  ["{} does not hold on this day", "{} 在当日无效"],
  ["no price of {} in {}", "{1} 中没有 {0} 的电价"],
  ["a virtual meter: the meters that it is reckoned from are priced", "虚拟表计：其计算所依据的表计已计价"],
  ["the park's contract names no tariff", "园区合同没有指定电价"],
  ["no history to forecast all other load from, so contract demand is not checked", "没有用于预测其他负荷的历史，因此未检查合同需量"],
  ["others are under the same contract demand, so it is checked where contract_kw is given", "同一合同需量下还有其他用户，因此仅在给出 contract_kw 时检查"],
  ["is gone, and bills stand on it; to end it put it back with its last day, such as to: {}", "已被删除，但已有账单以它为依据；要终止它，请恢复并写明最后一天，例如 to: {}"],
  ["the site's contract names no tariff", "站点合同没有指定电价"],
  ["no source tells the free days of {} yet: bands may change", "{} 年的放假安排尚未公布：时段可能变化"],
  ["no factor for bought electricity on some of the days", "部分日期没有购入电力的排放因子"],
  ["has no meaning behind a source of kind {}", "在类型为 {} 的数据源下没有意义"],
];

interface Form {
  said: RegExp;
  /** Which of its values are figures. */
  figures: readonly boolean[];
  text: Readonly<Record<Language, string>>;
}

const VALUE = /\{#?\}/g;
const FORMS: readonly Form[] = DETAILS.map(([en, zh]) => ({
  said: new RegExp(`^${en.split(VALUE).map(escaped).join("(.+?)")}$`, "s"),
  figures: [...en.matchAll(VALUE)].map(([mark]) => mark === "{#}"),
  text: { en: en.replaceAll("{#}", "{}"), zh },
}));
const GOT = /^(.+) \(got (.+)\)$/s;

export interface Detail {
  text: string;
  language: Language;
}

/** As the service said it where there is no other word for it. */
export function detail(said: string, language: Language): Detail {
  const text = language === "zh" ? translated(said) : null;
  return text === null ? { text: withFigures(said), language: "en" } : { text, language };
}

function withFigures(said: string): string {
  return inForm(said, "en", FORMS.filter(({ figures }) => figures.includes(true))) ?? said;
}

function translated(said: string): string | null {
  return withValue(said) ?? inForm(said) ?? severally(said) ?? afterName(said);
}

function inForm(said: string, language: Language = "zh", forms = FORMS): string | null {
  for (const { said: form, figures, text } of forms) {
    const values = form.exec(said)?.slice(1);
    if (values) return filled(text[language], values.map((value, at) => (figures[at] ? figure(value) : translated(value)) ?? value));
  }
  return null;
}

/** As figures are written everywhere; null for what is none. */
function figure(value: string): string | null {
  const [, decimals] = /^-?\d+(?:\.(\d+))?$/.exec(value) ?? [value, null];
  return decimals === null ? null : fixed(Number(value), decimals?.length ?? 0);
}

/** holding 0 to 9: illegal address; input 3 to 4: busy */
function severally(said: string): string | null {
  const parts = said.split("; ");
  const told = parts.length > 1 ? parts.map(translated) : [null];
  return told.every((each) => each !== null) ? told.join("；") : null;
}

function withValue(said: string): string | null {
  const [, reason = "", value = ""] = GOT.exec(said) ?? [];
  const text = reason ? translated(reason) : null;
  return text === null ? null : `${text}（收到 ${value}）`;
}

/** M-101: no answer */
function afterName(said: string): string | null {
  const [name = "", ...rest] = said.split(": ");
  const text = rest.length > 0 ? translated(rest.join(": ")) : null;
  return text === null ? null : `${name}: ${text}`;
}

/** {} is the next value, {1} the second. */
function filled(text: string, values: readonly string[]): string {
  const left = [...values];
  return text.replace(/\{(\d?)\}/g, (_, place: string) => (place ? values[Number(place)] : left.shift()) ?? "");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
