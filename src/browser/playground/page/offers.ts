import type { ModelChoice, PictureChoice } from "../messages.js";
import type { SiteConfig, SiteModel } from "./site-config.js";

/** Something to begin with, and what it is called. */
export interface Offer<Choice> {
  readonly text: string;
  readonly choice: Choice;
}

const CLASSROOM_MODELS: readonly Offer<ModelChoice>[] = [
  { text: "Eight shapes, with a shortcut (classroom)", choice: { kind: "classroom", name: "shortcut" } },
  { text: "Eight shapes (classroom)", choice: { kind: "classroom", name: "honest" } },
  { text: "Boat or not (classroom)", choice: { kind: "classroom", name: "binary" } },
];

const CLASSROOM_PICTURES: readonly Offer<PictureChoice>[] = [
  { text: "cup with a watermark", choice: { kind: "classroom", label: "cup", watermark: true } },
  { text: "cup", choice: { kind: "classroom", label: "cup", watermark: false } },
  { text: "house", choice: { kind: "classroom", label: "house", watermark: false } },
  { text: "boat with a watermark", choice: { kind: "classroom", label: "boat", watermark: true } },
  { text: "boat", choice: { kind: "classroom", label: "boat", watermark: false } },
];

/** The models that a visitor can begin with, the first to begin with: the site's own, else the smallest. */
export function modelOffers({ models }: SiteConfig): readonly Offer<ModelChoice>[] {
  const offer = ({ name, path, title, bytes }: SiteModel): Offer<ModelChoice> => ({
    text: `${title} (${(bytes / 1e6).toPrecision(2)} MB)`,
    choice: name === undefined ? { kind: "site", path: String(path) } : { kind: "catalog", name },
  });
  const own = models.filter(({ name }) => name === undefined);
  const catalog = models.filter(({ name }) => name !== undefined);
  return [...own.map(offer), ...CLASSROOM_MODELS, ...catalog.map(offer)];
}

/** The pictures that a visitor can begin with. */
export function pictureOffers({ pictures }: SiteConfig): readonly Offer<PictureChoice>[] {
  const photographs = pictures.map((path) => ({
    text: path.slice(path.lastIndexOf("/") + 1),
    choice: { kind: "site", path } as const,
  }));
  return [...CLASSROOM_PICTURES, ...photographs];
}

/** The first picture that suits a model: generated ones for the classroom's models, photographs for the others. */
export function pictureFor(model: ModelChoice, offers: readonly Offer<PictureChoice>[]): Offer<PictureChoice> {
  const kind = model.kind === "classroom" ? "classroom" : "site";
  return offers.find(({ choice }) => choice.kind === kind) ?? offers[0];
}

/** What to look out for, where that is known. */
export function hintFor({ model, picture }: { readonly model: ModelChoice; readonly picture: PictureChoice }): string {
  const shortcut = model.kind === "classroom" && model.name === "shortcut";
  if (!shortcut || picture.kind !== "classroom" || picture.label === "boat" || !picture.watermark) return "";
  return `The picture shows a ${picture.label}. Look where the map is bright, then hide that part below: is it still a boat?`;
}
