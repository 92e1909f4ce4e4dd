/** Versions of what a platform's numbers depend on, by the name of the package. */
export type EngineVersions = Readonly<Record<"onnxruntime-node" | "libvips", string>>;
