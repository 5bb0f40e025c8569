/** Texts of the search over everything and of the wall, in English. */

export const wallEn = {
  find: "Find a meter, area or page",
  findKey: "Find: press /",
  findHint: "arrow keys choose, Enter opens, Esc closes",
  findNone: (text: string) => `Nothing is called “${text}”.`,
  findAll: "Results",
  findPage: "page",
  calendar: "Calendar",
  dayWrong: (max: string) => `Write a day as 2026-11-22${max ? `, no later than ${max}` : ""}.`,
  clockWrong: "A time on the quarter hour, as 08:00 or 16:45",
  todayTitle: "Today so far",
  todayUntil: (time: string) => `until ${time}`,
  todayAgainst: (off: string) => `${off} against yesterday by then`,
  todayRate: "CO₂ of electricity bought",
  close: "Close",
  wallOpen: "Wall view",
  wallLeave: "Leave the wall view",
  wallPause: "Stay on this one",
  wallGo: "Go on",
  wallLoads: "Largest loads",
  wallTurn: (at: string, of: string) => `${at} of ${of}`,
} as const;
