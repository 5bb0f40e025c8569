import { describe, expect, it } from "vitest";
import { en } from "../src/i18n/en.ts";
import { zh } from "../src/i18n/zh.ts";
import { named, preferred, span } from "../src/i18n/words.ts";

const texts = (words: object): [string, string][] =>
  Object.entries(words).map(([key, value]) => [key, typeof value === "function" ? String(value("\u0001", "\u0002", "\u0003")) : String(value)]);

describe("dictionaries", () => {
  it("have the same keys", () => expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort()));

  it.each(["en", "zh"])("say a word of %s in one file only", (language) => {
    const files = import.meta.glob("../src/i18n/*.ts", { eager: true, query: "?raw", import: "default" }) as Record<string, string>;
    const keys = Object.entries(files)
      .filter(([path]) => path.endsWith(`/${language}.ts`) || path.endsWith(`-${language}.ts`))
      .flatMap(([, text]) => [...text.matchAll(/^ {2}(\w+):/gm)].map(([, key]) => key));
    expect(keys.length).toBeGreaterThan(100);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  });

  it("leave no text empty", () => {
    expect([...texts(en), ...texts(zh)].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("use every value that they are given", () => {
    const used = (words: object) => texts(words).map(([key, text]) => [key, [...text].filter((c) => c < "\u0004").sort().join("")]);
    expect(used(zh)).toEqual(used(en));
  });

  it("say percent where they are given a share", () => {
    for (const words of [en, zh]) for (const text of [words.triedSoFar("19.0", "3", "1.4"), words.trialEnded("19.0")]) expect(text).toContain("19.0 %");
  });

  it("are translated, but for names and units", () => {
    const same = Object.keys(en).filter((key) => texts(en).find(([k]) => k === key)?.[1] === texts(zh).find(([k]) => k === key)?.[1]);
    expect(same).toEqual(["co2", "perUnit"]);
  });
});

it.each([
  [["zh-TW", "en"], "zh"],
  [["fr-FR", "zh-CN"], "zh"],
  [["en-GB", "zh"], "en"],
  [["de"], "en"],
])("a browser that prefers %j reads %s", (tags, language) => expect(preferred(tags)).toBe(language));

it("a name falls back to English, then to the code", () => {
  expect(named({ en: "Grid", zh: "" }, "zh")).toBe("Grid");
  expect(named(undefined, "zh", "M-1")).toBe("M-1");
});

it.each([
  [12, "12 s", "12 秒"],
  [89.6, "2 min", "2 分钟"],
  [3599, "1 h", "1 小时"],
  [7800, "2 h 10 min", "2 小时 10 分钟"],
  [-3, "0 s", "0 秒"],
  [400_000, "5 d", "5 天"],
])("%d s is %s", (seconds, english, chinese) => {
  expect([span(seconds, "en"), span(seconds, "zh")]).toEqual([english, chinese]);
});
