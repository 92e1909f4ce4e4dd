// The checks of data that we use. The build bundles them into this module, so that the package depends on none of zod's
// files (6 MB), and loads one where zod's own entry loads ninety.

export type { infer, output, ZodError, ZodType } from "zod";
export {
  array,
  base64,
  boolean,
  discriminatedUnion,
  enum,
  int,
  literal,
  looseObject,
  number,
  object,
  prettifyError,
  record,
  strictObject,
  string,
  tuple,
  union,
  unknown,
  uuid,
} from "zod";
