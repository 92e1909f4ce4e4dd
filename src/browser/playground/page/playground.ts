import { announcer, button, h } from "../../../../widgets/src/dom.js";
import type { Rect } from "../../../image/types.js";
import type { Answer, DeclaredFacts, ModelChoice, ModelFacts, PictureChoice, Said, Settings } from "../messages.js";
import { sortFiles, takeFiles } from "./dropped.js";
import { EngineClient, EngineError } from "./engine-client.js";
import { declaredFacts, modelFacts } from "./model-facts.js";
import { hintFor, modelOffers, pictureFor, pictureOffers } from "./offers.js";
import { Results, WidgetPlace } from "./results.js";
import { SettingsForm } from "./settings-form.js";
import type { SiteConfig } from "./site-config.js";
import { SourceField } from "./source-field.js";
import type { WidgetModel } from "./widget-model.js";

/** Milliseconds that cancelled work may take to end by itself. */
const PATIENCE = 2000;

/** What the visitor chose. */
interface Choices {
  readonly model: ModelChoice;
  readonly picture: PictureChoice;
  readonly settings: Settings;
  /** The class to explain; the answer when absent. */
  readonly target?: number;
  readonly targetLayer?: string;
  /** Where a segmentation model is asked; where it sees the class when absent. */
  readonly region?: Rect;
}

/** The whole page: what the visitor chose, what the engine found, and where it is shown. */
export class Playground {
  readonly #root: HTMLElement;
  readonly #engine: EngineClient;
  readonly #pictures: ReturnType<typeof pictureOffers>;
  readonly #modelField: SourceField<ModelChoice>;
  readonly #pictureField: SourceField<PictureChoice>;
  readonly #results: Results;
  readonly #facts = h("div", { class: "pg-found" });
  readonly #found = h(
    "section",
    { class: "pg-part", hidden: true },
    h("h2", {}, "What was found in the model, and what was assumed"),
    this.#facts,
  );
  readonly #panel = new WidgetPlace();
  readonly #status = announcer();
  readonly #cancel = button("Cancel", () => void this.#stop(), { hidden: true });
  readonly #error = h("p", { class: "sl-error", role: "alert", hidden: true });
  #chosen: Choices;
  /** What the engine knows of the model, once it is loaded. */
  #loaded: ModelFacts | undefined;
  #work: { readonly control: AbortController; readonly done: Promise<void> } | undefined;
  #turn = 0;

  /** @param site address of the folder with the engine's code */
  constructor(root: HTMLElement, site: URL, config: SiteConfig) {
    this.#root = root;
    this.#engine = new EngineClient(site, {
      predictions: (said) => this.#hear(said),
      work: (panel) => void this.#panel.show(panel),
    });
    const models = modelOffers(config);
    this.#pictures = pictureOffers(config);
    const model = models[0].choice;
    this.#chosen = { model, picture: pictureFor(model, this.#pictures).choice, settings: {} };
    const fields = { choose: "Your own…", onfiles: (files: readonly File[]) => this.#take(files) };
    this.#modelField = new SourceField({
      ...fields,
      title: "Model",
      offers: models,
      accept: ".onnx,.xml,.bin,.data",
      multiple: true,
      onoffer: (choice) => this.#useModel(choice),
    });
    this.#pictureField = new SourceField({
      ...fields,
      title: "Picture",
      offers: this.#pictures,
      accept: "image/*",
      onoffer: (picture) => this.#use({ picture, target: undefined, region: undefined }),
    });
    this.#results = new Results({
      onask: (target) => this.#use({ target }),
      onregion: (target, region) => this.#use({ target, region }),
      claim: () => this.#widget("claim"),
      measure: () => this.#widget("measure"),
    });
    root.append(...this.#layout());
    takeFiles(root, (files) => this.#take(files));
    this.#use({});
  }

  #layout(): HTMLElement[] {
    return [
      h(
        "section",
        { class: "pg-sources", "aria-label": "Model and picture" },
        this.#modelField.el,
        this.#pictureField.el,
      ),
      h("div", { class: "pg-status" }, this.#status.el, this.#cancel),
      this.#error,
      this.#panel.el,
      this.#results.el,
      this.#found,
    ];
  }

  #take(files: readonly File[]): void {
    const { model, picture, labels } = sortFiles(files);
    if (picture) {
      const chosen: PictureChoice = { kind: "file", file: picture };
      this.#chosen = { ...this.#chosen, picture: chosen, target: undefined, region: undefined };
    }
    if (model.length > 0) this.#useModel({ kind: "files", files: model }, labels && { labels });
    else this.#use(labels ? { settings: { ...this.#chosen.settings, labels } } : {});
  }

  /** Another model, with a picture that suits it where the visitor has brought none. */
  #useModel(model: ModelChoice, settings: Settings = {}): void {
    const { picture } = this.#chosen;
    const suits = model.kind === "files" || picture.kind === "file";
    this.#use({
      model,
      picture: suits ? picture : pictureFor(model, this.#pictures).choice,
      settings,
      target: undefined,
      targetLayer: undefined,
      region: undefined,
    });
  }

  /** Takes what is chosen now, and looks. */
  #use(change: Partial<Choices>): void {
    this.#chosen = { ...this.#chosen, ...change };
    if (change.model || change.settings) this.#loaded = undefined;
    // settings with which a model is refused can still be changed
    if (change.model) this.#found.hidden = true;
    const { model, picture } = this.#chosen;
    this.#modelField.show(model.kind === "files" ? model.files[0].name : model);
    this.#pictureField.show(picture.kind === "file" ? picture.file.name : picture);
    void this.#look();
  }

  /** Explains the picture; the latest request wins. */
  async #look(): Promise<void> {
    const turn = ++this.#turn;
    this.#root.dataset.state = "working";
    await this.#stop();
    if (turn !== this.#turn) return;
    const control = new AbortController();
    const done = this.#carryOut(control.signal).catch((error) => this.#fail(error, control.signal));
    this.#work = { control, done };
    await done;
    if (this.#work?.control === control) this.#work = undefined;
    if (turn !== this.#turn) return;
    this.#cancel.hidden = true;
    if (this.#root.dataset.state === "working") this.#root.dataset.state = "done";
  }

  async #carryOut(signal: AbortSignal): Promise<void> {
    const { model, settings, picture, target, targetLayer, region } = this.#chosen;
    this.#root.dataset.state = "working";
    this.#error.hidden = true;
    this.#cancel.hidden = false;
    // another region of the same picture: what is chosen stays in view, and keeps the focus
    await this.#results.clear(target === undefined && this.#loaded?.task !== "segmentation");
    await this.#panel.show(undefined);
    if (!this.#loaded) {
      this.#status.say("Loading the model …");
      this.#loaded = await this.#engine.ask("load", { model, settings }, signal);
      this.#showFound(modelFacts(this.#loaded), this.#loaded);
    }
    this.#status.say("Asking the model …");
    const { predictions, widget } = await this.#engine.ask("look", { picture, target, targetLayer, region }, signal);
    this.#answer(predictions);
    await this.#results.show(this.#engine.widget(widget));
    this.#status.say("");
  }

  /** Shows what the model says before the explanation is there. */
  #hear({ predictions, view }: Said): void {
    if (view) void this.#results.areas.see(view);
    this.#answer(predictions);
  }

  #answer(predictions: readonly Answer[]): void {
    const { target = predictions[0]?.index ?? 0, region } = this.#chosen;
    const { task, labels = [] } = this.#loaded ?? {};
    this.#results.answer(predictions, target, task === "segmentation" ? areaHint(region) : hintFor(this.#chosen));
    if (task === "segmentation") this.#results.areas.show({ labels, target, region });
    else this.#results.areas.hide();
  }

  #showFound(found: HTMLElement, facts: DeclaredFacts & Partial<ModelFacts>): void {
    const { settings, targetLayer } = this.#chosen;
    const form = new SettingsForm(facts, settings, targetLayer, {
      onapply: (changed) =>
        this.#use({ settings: changed, target: undefined, targetLayer: undefined, region: undefined }),
      onlayer: (layer) => this.#use({ targetLayer: layer }),
    });
    this.#facts.replaceChildren(found, form.el);
    this.#found.hidden = false;
  }

  async #widget(kind: "claim" | "measure"): Promise<WidgetModel | undefined> {
    try {
      return this.#engine.widget((await this.#engine.ask(kind, {})).widget);
    } catch (error) {
      this.#say(error);
      return undefined;
    }
  }

  #fail(error: unknown, signal: AbortSignal): void {
    this.#root.dataset.state = signal.aborted ? "cancelled" : "failed";
    this.#status.say(signal.aborted ? "Cancelled." : "");
    if (signal.aborted) return;
    const { refused } = error instanceof EngineError ? error.failure : {};
    if (refused) this.#showFound(declaredFacts(refused), refused);
    this.#say(error);
  }

  #say(error: unknown): void {
    if (!(error instanceof EngineError)) throw error;
    this.#error.textContent = sentence(error.message);
    this.#error.hidden = false;
    this.#error.scrollIntoView({ block: "nearest" });
  }

  /** Ends what is under way: by asking, and where it does not answer, with the engine. */
  async #stop(): Promise<void> {
    const { control, done } = this.#work ?? {};
    if (!control || !done) return;
    control.abort();
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, "late"));
    if ((await Promise.race([done, late])) !== "late") return;
    this.#loaded = undefined;
    this.#engine.restart("cancelled");
    await done;
  }
}

/** What the numbers beside a segmentation model's classes are. */
const areaHint = (region: Rect | undefined) =>
  region ? "What the model says of the rectangle." : "How much of the picture each class is seen in.";

/** An error's words as a sentence. */
function sentence(words: string): string {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
