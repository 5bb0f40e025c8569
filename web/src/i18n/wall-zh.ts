/** 全局查找与大屏的文字。 */

export const wallZh = {
  find: "查找表计、区域或页面",
  findKey: "查找：按 /",
  findHint: "方向键选择，回车打开，Esc 关闭",
  findNone: (text: string) => `没有名称包含“${text}”的内容。`,
  findAll: "结果",
  findPage: "页面",
  calendar: "日历",
  dayWrong: (max: string) => `日期请写作 2026-11-22${max ? `，不晚于 ${max}` : ""}。`,
  clockWrong: "整刻时间，如 08:00 或 16:45",
  todayTitle: "今日累计",
  todayUntil: (time: string) => `截至 ${time}`,
  todayAgainst: (off: string) => `较昨日同时刻 ${off}`,
  todayRate: "外购电力的 CO₂",
  close: "关闭",
  wallOpen: "大屏显示",
  wallLeave: "退出大屏",
  wallPause: "停在此处",
  wallGo: "继续轮换",
  wallLoads: "最大负荷",
  wallTurn: (at: string, of: string) => `${at} / ${of}`,
} as const;
