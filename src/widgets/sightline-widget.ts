import { files } from "#platform/files";
import { BOOLEAN, checkOptions } from "../core/options.js";
import { widgetsRange } from "../core/version.js";
import type { SplitState } from "./buffers.js";
import { type BoxTraits, boxTraits } from "./controls/control.js";
import { Widget } from "./widget.js";

/** Traits of every widget of ours: which view it is, and what `traits` says beside it. */
export type SightlineTraits<Traits extends object> = Traits & BoxTraits & HeldTraits & { kind: string };

/** Where what a widget shows is held back. */
export interface HeldTraits {
  /** "kernel": it is not sent before Reveal; "page": it is folded in a page without a kernel; "" once it is shown. */
  held: string;
}

/** An option of every widget that shows an answer. */
export interface HoldOption {
  /**
   * Holds the answer back until the reader presses Reveal (default false): a notebook's page is not sent it before. In
   * pages of `exportHtml` it is folded behind the same button, which needs no kernel; paper shows it folded, too.
   */
  hold?: boolean;
}

/** How the browser side reaches the page: as an installed extension, or as a module that travels with each widget. */
export type Wrapper = "extension" | "anywidget";

let wrapper: Wrapper = "extension";

/** Chooses how widgets made from now on reach the page; `anywidget` suits hosts that have it and not our extension. */
export function useWrapper(kind: Wrapper): void {
  wrapper = kind;
}

/** A file of the browser side, as `npm run build` made it. */
export function browserFile(name: "anywidget.js" | "plotly.js"): Uint8Array {
  return files.assetSync(`widgets/browser/${name}`);
}

/** What makes a widget with a view of ours: its kind, its defaults, and which traits the front end may set. */
export interface SightlineSpec<Traits extends object> {
  /** Name of the view in the browser. */
  readonly kind: string;
  readonly defaults: Traits;
  readonly hold?: boolean;
  readonly local?: readonly (keyof Traits)[];
  /** The traits that the front end may set; the others are ours. */
  readonly shared?: readonly (keyof Traits)[];
  refine?(traits: Readonly<Traits>, changed: ReadonlySet<keyof Traits>): Partial<Traits>;
}

/** A widget whose view is ours (`widgets/src/`). */
export class SightlineWidget<Traits extends object> extends Widget<SightlineTraits<Traits>> {
  readonly #own: Traits;

  constructor(
    { kind, defaults, hold = false, local, shared = [], refine }: SightlineSpec<Traits>,
    options: Partial<Traits> = {},
  ) {
    checkOptions(new.target.name, { hold: BOOLEAN }, { hold });
    const any = wrapper === "anywidget";
    const box = {
      ...boxTraits(),
      kind,
      held: hold ? "kernel" : "",
      ...(any && { _esm: new TextDecoder().decode(browserFile("anywidget.js")), _anywidget_id: `sightline.${kind}` }),
    };
    super(
      {
        name: new.target.name,
        classes: any
          ? { module: "anywidget", version: "~0.11.*", model: "AnyModel", view: "AnyView" }
          : { module: "sightline", version: widgetsRange, model: "SightlineModel", view: "SightlineView" },
        defaults: { ...box, ...defaults } as SightlineTraits<Traits>,
        local: local as never,
        guarded: Object.keys({ ...box, ...defaults }).filter((key) => !shared.includes(key as keyof Traits)) as never,
        refine: refine as never,
      },
      options as Partial<SightlineTraits<Traits>>,
    );
    this.#own = defaults;
    this.onMessage((content) => {
      if (typeOf(content) === "charts") this.send({ type: "charts" }, [browserFile("plotly.js")]);
      if (typeOf(content) === "reveal") this.unhold();
      if (typeOf(content) === "fold") this.#handOver("page");
    });
  }

  override get isHeld(): boolean {
    return this.get("held") === "kernel";
  }

  /** Shows what `hold` held back, as the reader's Reveal does. */
  unhold(): void {
    this.#handOver("");
  }

  /** Sends what was held back. @param held what becomes of it: shown, or folded where nobody will be there to ask */
  #handOver(held: "" | "page"): void {
    if (!this.isHeld) return;
    this.set({ held } as Partial<SightlineTraits<Traits>>);
    this.resend(...(Object.keys(this.#own) as (keyof SightlineTraits<Traits>)[]));
  }

  override saved(): SplitState {
    const saved = super.saved();
    return this.isHeld ? { ...saved, state: { ...saved.state, held: "page" } } : saved;
  }

  protected override withholds(name: keyof SightlineTraits<Traits>): boolean {
    return Object.hasOwn(this.#own, name);
  }

  override toString(): string {
    return this.constructor.name;
  }
}

/** The `type` of a custom message from the browser. */
export function typeOf(content: unknown): string | undefined {
  const type = (content as { type?: unknown } | null)?.type;
  return typeof type === "string" ? type : undefined;
}
