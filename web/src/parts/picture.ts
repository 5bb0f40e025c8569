/** A drawing under its title and legend, as the picture that is saved of it. */

const FONT = "system-ui, sans-serif";
const HEAD = 36;
const MARGIN = 12;

export interface Caption {
  title: string;
  /** What is drawn, by name; none where the title says it. */
  entries: readonly string[];
  surface: string;
  ink: string;
}

/** `ratio`: pixels of the drawing for one of the page. */
export function pictured(drawing: HTMLCanvasElement, ratio: number, { title, entries, surface, ink }: Caption): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  const head = HEAD * (entries.length > 0 ? 2 : 1);
  [canvas.width, canvas.height] = [drawing.width, drawing.height + ratio * head];
  const context = canvas.getContext("2d");
  if (!context) return Promise.resolve(null);
  const [wide, room] = [drawing.width / ratio, drawing.width / ratio - 2 * MARGIN];
  context.scale(ratio, ratio);
  context.fillStyle = surface;
  context.fillRect(0, 0, wide, canvas.height / ratio);
  context.fillStyle = ink;
  context.font = `600 16px ${FONT}`;
  context.fillText(title, MARGIN, 24, room);
  context.font = `12px ${FONT}`;
  if (entries.length > 0) context.fillText(entries.join(" · "), MARGIN, 56, room);
  context.drawImage(drawing, 0, head, wide, drawing.height / ratio);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
