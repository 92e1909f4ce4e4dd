import { control } from "./control.js";

/** Traits of {@link Image}. */
export interface ImageTraits {
  /** The encoded picture. */
  value: Uint8Array;
  /** Its format: "png", "jpeg", or "url" where `value` is an address. */
  format: string;
  /** Width in pixels of the page; empty for the picture's own. */
  width: string;
  /** Height in pixels of the page; empty for the picture's own. */
  height: string;
}

/** Encoded picture bytes. */
export const Image = control<ImageTraits>({
  model: "Image",
  defaults: { value: new Uint8Array(0), format: "png", width: "", height: "" },
  guarded: ["value"],
});
export type Image = InstanceType<typeof Image>;
