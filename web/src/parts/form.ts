/** What a person typed into the fields of a form, without the space around it. */

export function typed(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? "").trim();
}
