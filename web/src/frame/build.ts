/** Whether the service hands out another build of the page than the one that runs here. */

const PART = /(?:src|href)="(\/assets\/[^"]+)"/g;

/** Parts of the page's address list that are not among those that were loaded. */
export function replaced(index: string, loaded: ReadonlySet<string>): boolean {
  return [...index.matchAll(PART)].some(([, part]) => part !== undefined && !loaded.has(part));
}

/** False where the service cannot tell. */
export async function outdated(): Promise<boolean> {
  try {
    const response = await fetch("/");
    return response.ok && replaced(await response.text(), loaded());
  } catch {
    return false;
  }
}

function loaded(): ReadonlySet<string> {
  const parts = document.head.querySelectorAll("script[src], link[href]");
  return new Set([...parts].map((part) => part.getAttribute("src") ?? part.getAttribute("href") ?? ""));
}
