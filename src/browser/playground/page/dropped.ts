/** Files that a visitor gave, by what they are for. */
export interface Dropped {
  readonly model: readonly File[];
  readonly picture?: File;
  /** Names of the model's classes. */
  readonly labels?: File;
}

const PICTURE = /\.(jpe?g|jfif|jpe|png|apng|webp|gif|avif|bmp|tiff?|heic|svg)$/i;

const LABELS = /\.(txt|json|csv)$/i;

/** Sorts files: pictures by type or ending, labels by ending; everything else belongs to the model, whose reader says what it cannot read. */
export function sortFiles(files: Iterable<File>): Dropped {
  const all = [...files];
  const isPicture = ({ type, name }: File) => type.startsWith("image/") || PICTURE.test(name);
  const isLabels = ({ name }: File) => LABELS.test(name);
  const model = all.filter((file) => !isPicture(file) && !isLabels(file));
  return { model, picture: all.find(isPicture), labels: all.find(isLabels) };
}

/** Calls a function with files that are dropped anywhere on the page, or pasted; marks the page while files hang over it. */
export function takeFiles(page: HTMLElement, take: (files: readonly File[]) => void): void {
  const hover = (over: boolean) => page.toggleAttribute("data-hover", over);
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    hover(true);
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) hover(false);
  });
  addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    hover(false);
    take([...event.dataTransfer.files]);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) take(files);
  });
}
