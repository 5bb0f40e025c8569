/** Resolves once what is drawn now is on the screen; at once where nobody looks. */
export function painted(): Promise<void> {
  if (document.hidden) return Promise.resolve();
  return new Promise((done) => void requestAnimationFrame(() => void window.setTimeout(done)));
}
