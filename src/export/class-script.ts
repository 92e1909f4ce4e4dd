import { files } from "#platform/files";

/** The script of class mode, from `widgets/src/class-page.ts`. */
export const classScript = (): string => new TextDecoder().decode(files.assetSync("widgets/browser/class-page.js"));
