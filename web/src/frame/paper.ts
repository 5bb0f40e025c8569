/** Paper is white: while a page is printed it is drawn in light colours, charts too. */

import { store } from "../store.ts";

export function paperFollows(): void {
  let before: typeof store.route.theme | undefined;
  window.addEventListener("beforeprint", () => {
    before ??= store.route.theme;
    store.shine("light");
  });
  window.addEventListener("afterprint", () => {
    if (before !== undefined) store.shine(before);
    before = undefined;
  });
}
