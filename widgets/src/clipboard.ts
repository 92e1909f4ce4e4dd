import { h } from "./dom.js";

/** Hands text to the clipboard; where the page may not, shows it selected. */
export async function copyText(text: string, shown: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "sl-copied", readonly: true, rows: 4, "aria-label": "text to copy" });
    area.value = text;
    shown.replaceChildren(area);
    area.select();
    return false;
  }
}

/** Saves bytes as a file of the reader's. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
