import { announcer, button, h } from "../../../../widgets/src/dom.js";
import { render } from "../../../../widgets/src/views.js";
import type { LookRequest, ModelChoice, ModelFacts, PictureChoice, Score } from "../messages.js";
import { AnswerList } from "./answer-list.js";
import { sortFiles, takeFiles } from "./dropped.js";
import { EngineClient, EngineError } from "./engine-client.js";
import { modelFacts } from "./model-facts.js";
import { modelOffers, pictureFor, pictureOffers } from "./offers.js";
import type { SiteConfig } from "./site-config.js";
import { SourceField } from "./source-field.js";
import type { WidgetModel } from "./widget-model.js";

/** Milliseconds that cancelled work may take to end by itself. */
const PATIENCE = 2000;

/** A place of the page with one widget at a time. */
class WidgetPlace {
  readonly el = h("div");
  #leave = () => {};

  async show(model: WidgetModel | undefined): Promise<void> {
    this.#leave();
    this.#leave = model ? await render({ model, el: this.el }) : () => {};
  }
}

/** The whole page: what the visitor chose, what the engine found, and where it is shown. */
export class Playground {
  readonly #root: HTMLElement;
  readonly #engine: EngineClient;
  readonly #pictures: ReturnType<typeof pictureOffers>;
  readonly #modelField: SourceField<ModelChoice>;
  readonly #pictureField: SourceField<PictureChoice>;
  readonly #answers = new AnswerList((target) => void this.#look(target));
  readonly #facts = h("div");
  readonly #viewer = new WidgetPlace();
  readonly #claim = new WidgetPlace();
  readonly #panel = new WidgetPlace();
  readonly #results = h("div", { class: "pg-results", hidden: true });
  readonly #status = announcer();
  readonly #cancel = button("Cancel", () => void this.#stop("Cancelled."), { hidden: true });
  readonly #error = h("p", { class: "sl-error", role: "alert", hidden: true });
  #model: ModelChoice;
  #picture: PictureChoice;
  #ownPicture = false;
  #loaded: ModelFacts | undefined;
  #work: { readonly control: AbortController; readonly done: Promise<void> } | undefined;
  #turn = 0;

  /** @param site address of the folder with the engine's code */
  constructor(root: HTMLElement, site: URL, config: SiteConfig) {
    this.#engine = new EngineClient(site, {
      predictions: (scores) => this.#answer(scores, scores[0].index),
      work: (panel) => void this.#panel.show(panel),
    });
    this.#root = root;
    const models = modelOffers(config);
    this.#pictures = pictureOffers(config);
    this.#model = models[0].choice;
    this.#picture = this.#pictures[0].choice;
    this.#modelField = new SourceField({
      title: "Model",
      offers: models,
      accept: ".onnx,.xml,.bin,.data",
      multiple: true,
      choose: "Your own…",
      onoffer: (choice) => void this.#use({ model: choice }),
      onfiles: (files) => void this.#take(files),
    });
    this.#pictureField = new SourceField({
      title: "Picture",
      offers: this.#pictures,
      accept: "image/*",
      choose: "Your own…",
      onoffer: (choice) => void this.#use({ picture: choice }),
      onfiles: (files) => void this.#take(files),
    });
    root.append(...this.#layout());
    takeFiles(root, (files) => void this.#take(files));
    void this.#use({});
  }

  #layout(): HTMLElement[] {
    this.#results.append(
      h(
        "section",
        { class: "pg-map" },
        h("div", { class: "pg-says" }, h("h2", {}, "What the model says"), this.#answers.el),
        this.#viewer.el,
      ),
      h("section", { class: "pg-claim" }, h("h2", {}, "Test the claim"), this.#claim.el),
    );
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
      this.#results,
      h(
        "section",
        { class: "pg-model" },
        h("h2", {}, "What was found in the model, and what was assumed"),
        this.#facts,
      ),
    ];
  }

  #take(files: readonly File[]): Promise<void> {
    const { model, picture } = sortFiles(files);
    return this.#use({
      ...(model.length > 0 && { model: { kind: "files", files: model } }),
      ...(picture && { picture: { kind: "file", file: picture } }),
    });
  }

  /** Takes another model, another picture, or both, and looks. */
  async #use({ model, picture }: { model?: ModelChoice; picture?: PictureChoice }): Promise<void> {
    if (model) {
      this.#model = model;
      this.#loaded = undefined;
    }
    if (picture) {
      this.#picture = picture;
      this.#ownPicture = picture.kind === "file";
    } else if (model && model.kind !== "files" && !this.#ownPicture) {
      this.#picture = pictureFor(model, this.#pictures).choice;
    }
    this.#modelField.show(this.#model.kind === "files" ? this.#model.files[0].name : this.#model);
    this.#pictureField.show(this.#picture.kind === "file" ? this.#picture.file.name : this.#picture);
    await this.#look();
  }

  /** Explains the picture; the latest request wins. */
  async #look(target?: number): Promise<void> {
    const turn = ++this.#turn;
    await this.#stop("");
    if (turn !== this.#turn) return;
    const control = new AbortController();
    const done = this.#carryOut({ picture: this.#picture, target }, control.signal).catch((error) =>
      this.#fail(error, control.signal),
    );
    this.#work = { control, done };
    await done;
    if (this.#work?.control === control) this.#work = undefined;
    if (turn === this.#turn) this.#cancel.hidden = true;
  }

  async #carryOut(request: LookRequest, signal: AbortSignal): Promise<void> {
    this.#error.hidden = true;
    this.#cancel.hidden = false;
    this.#root.dataset.state = "working";
    await this.#clear(request.target === undefined);
    if (!this.#loaded) {
      this.#status.say("Loading the model …");
      this.#loaded = await this.#engine.ask("load", { model: this.#model }, signal);
      this.#facts.replaceChildren(modelFacts(this.#loaded));
    }
    this.#status.say("Asking the model …");
    const { predictions, widget } = await this.#engine.ask("look", request, signal);
    this.#answer(predictions, request.target ?? predictions[0].index);
    await this.#viewer.show(this.#engine.widget(widget));
    const claim = await this.#engine.ask("claim", {});
    await this.#claim.show(this.#engine.widget(claim.widget));
    this.#status.say("");
    this.#root.dataset.state = "done";
  }

  #answer(scores: readonly Score[], asked: number): void {
    this.#results.hidden = false;
    this.#answers.show(scores, asked);
  }

  /** @param all whether the answers go, too */
  async #clear(all: boolean): Promise<void> {
    if (all) {
      this.#answers.clear();
      this.#results.hidden = true;
    }
    if (!this.#loaded) this.#facts.replaceChildren();
    await Promise.all([this.#viewer, this.#claim, this.#panel].map((place) => place.show(undefined)));
  }

  #fail(error: unknown, signal: AbortSignal): void {
    this.#status.say(signal.aborted ? "Cancelled." : "");
    this.#root.dataset.state = signal.aborted ? "cancelled" : "failed";
    if (signal.aborted) return;
    if (!(error instanceof EngineError)) throw error;
    this.#error.textContent = sentence(error.message);
    this.#error.hidden = false;
  }

  /** Ends what is under way: by asking, and where it does not answer, with the engine. */
  async #stop(text: string): Promise<void> {
    const { control, done } = this.#work ?? {};
    if (!control || !done) return;
    control.abort();
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, "late"));
    if ((await Promise.race([done, late])) === "late") {
      this.#engine.restart("cancelled");
      this.#loaded = undefined;
      await done;
    }
    this.#status.say(text);
  }
}

/** An error's words as a sentence. */
function sentence(words: string): string {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
