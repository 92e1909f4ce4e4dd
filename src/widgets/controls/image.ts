import { control } from "./control.js";

/** Traits of {@link Image}. */
export interface ImageTraits {
  value: Uint8Array;
  format: string;
  width: string;
  height: string;
}

/** Encoded picture bytes. */
export const Image = control<ImageTraits>({
  model: "Image",
  defaults: { value: new Uint8Array(0), format: "png", width: "", height: "" },
  guarded: ["value"],
});
export type Image = InstanceType<typeof Image>;
