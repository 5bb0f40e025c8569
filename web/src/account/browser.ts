/** A browser by a name that its owner knows, out of what it says of itself. */

const BROWSERS: readonly [RegExp, string][] = [
  [/MicroMessenger\//, "WeChat"],
  [/Edg(A|iOS)?\//, "Edge"],
  [/(Firefox|FxiOS)\//, "Firefox"],
  [/(Chrome|CriOS|HeadlessChrome)\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

export function browserName(told: string): string {
  const found = (list: readonly [RegExp, string][]): string | undefined => list.find(([form]) => form.test(told))?.[1];
  const parts = [found(BROWSERS), found(SYSTEMS)].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : told || "–";
}
