import type TS from "typescript";
import { ts } from "#platform/typescript";

/** How cells are compiled; the place where they run adds its libraries. */
export const compilerOptions: TS.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  customConditions: ["node"],
  types: [],
  strict: true,
  // so that `const xs = []` takes the type of what is pushed; its complaints are not shown
  noImplicitAny: true,
  allowJs: true,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  esModuleInterop: true,
  preserveConstEnums: true,
  skipLibCheck: true,
  allowUnreachableCode: true,
  allowUnusedLabels: true,
  declaration: true,
  sourceMap: true,
  newLine: ts.NewLineKind.LineFeed,
};
