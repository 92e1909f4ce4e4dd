import { pictureHead, pictureType } from "../platform/picture-head.js";

/** What the first bytes of a picture say of it, before anything is decoded. */
export interface EncodedFacts {
  /** Its format, of those that are decoded here. */
  readonly type: string | undefined;
  /** As it is stored, not turned upright; where its head could be read. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
}

/** Looks at the first bytes of an encoded picture. */
export function encodedFacts(start: Uint8Array): EncodedFacts {
  const head = pictureHead(start);
  return { type: pictureType(start), size: head && { width: head.width, height: head.height } };
}
