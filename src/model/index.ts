export { cacheFolder } from "./cache.js";
export { CATALOG, type CatalogEntry } from "./catalog.js";
export { Classifier, type Outputs, type PostprocessFunction } from "./classifier.js";
export type { LoadProgress } from "./download.js";
export type { LabelSource } from "./labels.js";
export { type LoadOptions, loadModel, type SupportOf } from "./load.js";
export type { ColourMap, PreprocessData, PreprocessFunction } from "./preprocess.js";
export type { ModelSource } from "./source.js";
export type * from "./types.js";
