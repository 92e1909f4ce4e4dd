import { ClassMode } from "./class-mode.js";
import type { ClassCell } from "./screens.js";

/** What class mode asks of a cell of JupyterLab and Notebook. */
export interface CellWidget {
  readonly node: HTMLElement;
  readonly model: {
    readonly type: string;
    getMetadata(key: string): unknown;
    readonly sharedModel: { getSource(): string };
  };
}

/** And of the notebook that is open. */
export interface NotebookPanel {
  readonly content: {
    readonly node: HTMLElement;
    readonly widgets: readonly CellWidget[];
    readonly activeCell: CellWidget | null;
    activeCellIndex: number;
    update(): void;
    notebookConfig: Readonly<Record<string, unknown>> & { readonly windowingMode?: string };
  };
  readonly disposed: { connect(slot: () => void): unknown };
}

/** Whether it is a notebook. */
export function isNotebook(widget: unknown): widget is NotebookPanel {
  const { content } = (widget ?? {}) as { content?: Partial<NotebookPanel["content"]> };
  return content?.notebookConfig !== undefined && content.widgets !== undefined;
}

const running = new WeakMap<NotebookPanel, ClassMode>();

/** Opens class mode over a notebook, at the cell that is active, or closes it. */
export async function toggleClassMode(panel: NotebookPanel): Promise<void> {
  const open = running.get(panel);
  if (open) {
    open.close();
    return;
  }
  const { content } = panel;
  const config = content.notebookConfig;
  // cells out of sight are taken off the page otherwise
  content.notebookConfig = { ...config, windowingMode: "none" };
  await drawn(content);
  const root = content.node.querySelector<HTMLElement>(".jp-WindowedPanel-viewport") ?? content.node;
  const widgets = content.widgets.filter(({ model }) => model.type !== "raw");
  const cells = widgets.map(cellOf);
  const isFull = await content.node.requestFullscreen().then(
    () => true,
    () => false,
  );
  const mode = new ClassMode({
    root,
    host: content.node,
    cells,
    from: content.activeCell ? cells[widgets.indexOf(content.activeCell)] : undefined,
    notesOf: ({ node }) => node.querySelector<HTMLElement>(".jp-RenderedMarkdown") ?? node,
    onclose() {
      running.delete(panel);
      if (isFull && document.fullscreenElement === content.node) void document.exitFullscreen();
      content.notebookConfig = config;
    },
  });
  running.set(panel, mode);
  panel.disposed.connect(() => mode.close());
}

/** Milliseconds that all cells of a notebook may take to come onto the page. */
const PATIENCE = 10_000;

/** Waits until every cell is on the page. JupyterLab leaves out for good those that it had not reached when its mode changed, unless it is asked. */
async function drawn(content: NotebookPanel["content"]): Promise<void> {
  const end = performance.now() + PATIENCE;
  do {
    content.update();
    await new Promise((resolve) => requestAnimationFrame(resolve));
  } while (content.widgets.some(({ node }) => !node.isConnected) && performance.now() < end);
}

/** The tags of a cell. */
export function tagsOf({ model }: CellWidget): string[] {
  const tags = model.getMetadata("tags");
  return Array.isArray(tags) ? tags.map(String) : [];
}

function cellOf(cell: CellWidget): ClassCell {
  const { node, model } = cell;
  const isText = model.type === "markdown";
  return {
    node,
    kind: isText ? "text" : "code",
    tags: tagsOf(cell),
    heading: isText ? (/^#{1,2} (.+)$/m.exec(model.sharedModel.getSource())?.[1].replace(/[*`_]/g, "") ?? "") : "",
  };
}
