// What reads our typeface. The build bundles it into this module, so that the package depends on none of its files (4 MB).
export { type Font, type Glyph, parse } from "opentype.js";
