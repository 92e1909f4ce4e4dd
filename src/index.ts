import "./core/host-types.js";

/**
 * Sightline shows what an image classifier looks at, and whether to believe it.
 * @packageDocumentation
 */
export {
  type Accuracy,
  Audit,
  type AuditComparison,
  type AuditItem,
  type AuditManifest,
  type AuditOptions,
  type AuditProgress,
  type AuditRow,
  audit,
  type Calibration,
  type CalibrationBin,
  type CalibrationMeasures,
  type ClassAccuracy,
  type ClassCalibration,
  type ClusterPoint,
  type CompareAuditsOptions,
  type Confusion,
  type ConfusionCell,
  compareAudits,
  type Deed,
  type DuplicateGroup,
  type Finding,
  type FindingChanges,
  type FindingKind,
  findShortcuts,
  type HygieneRow,
  type LabelCounts,
  type LabelExchange,
  type LabelIssue,
  type LabelMeasure,
  type LabelMeasures,
  type LabelTally,
  type MapPlace,
  type Measured,
  type MovingShortcut,
  openAudit,
  type PictureAnswer,
  type PictureChange,
  type PictureChoice,
  type PictureNote,
  type PictureTag,
  type ProofExample,
  type ProofSide,
  type PropertyName,
  type PropertyShortcut,
  type Row,
  type Search,
  type Shortcut,
  type ShortcutOptions,
  type ShortcutProof,
  type ShortcutReport,
  type Slice,
  type SliceChange,
  type SliceChoice,
  type SliceMeasures,
  type SliceResult,
  type StoredMap,
  type WorkEvent,
  type WorkOptions,
  workOnAudits,
} from "./audit/index.js";
export { type Ablation, ConceptBank } from "./concepts/bank.js";
export type {
  Completeness,
  Concept,
  ConceptBankFacts,
  ConceptCrop,
  ConceptFailure,
  Controlled,
} from "./concepts/bank-facts.js";
export type { ConceptBankJson, ConceptJson } from "./concepts/bank-json.js";
export { concepts } from "./concepts/concepts.js";
export type { ConceptOptions } from "./concepts/options.js";
export { type Displayable, displaySymbol, type MimeBundle } from "./core/display.js";
export {
  type ErrorCode,
  type ErrorDetails,
  type ErrorFields,
  type ErrorParts,
  isSightlineError,
  SightlineError,
} from "./core/errors.js";
export type { Failure } from "./core/failures.js";
export type { CellStep, MaskStep, MethodStep, PathStep, StretchedMask } from "./core/method-step.js";
export type { Limit, Limits, NumberLimit } from "./core/options.js";
export { type Random, random } from "./core/random.js";
export type { Artifact, Artifact as Exhibit, RawMap } from "./core/raw-map.js";
export { isTensor, type Tensor, tensor } from "./core/tensor.js";
export { version } from "./core/version.js";
export type { Progress } from "./core/work.js";
export { type ClaimOptions, testClaim } from "./evaluate/claim.js";
export { ClaimResult } from "./evaluate/claim-result.js";
export { type ClaimPictures, type ClaimTest, describeClaim } from "./evaluate/claim-test.js";
export {
  type CompareChoice,
  type CompareOptions,
  Comparison,
  type ComparisonFailure,
  compare,
} from "./evaluate/compare.js";
export {
  type Agreement,
  agreement,
  type Baseline,
  type Cell,
  type Curve,
  type CurveOptions,
  type Estimate,
  type EvaluatedMap,
  type EvaluateOptions,
  Evaluation,
  type EvaluationJson,
  type EvaluationRow,
  evaluate,
  type InfidelityOptions,
  type LeftOut,
  type Mask,
  type Measurement,
  type Metric,
  type MetricChoice,
  type MetricContext,
  type MetricFacts,
  type MetricFailure,
  type MetricName,
  type MetricNeed,
  type MetricOptions,
  type MetricSetting,
  metrics,
  type Nulls,
  type Outcome,
  type PlotlyFigure,
  type RandomBaseline,
  Recommendation,
  type RecommendationJson,
  type RecommendationRow,
  type RecommendOptions,
  type Rerun,
  type RoadOptions,
  recommend,
  type SanityOptions,
  type Score,
  type SensitivityMaxOptions,
  type StabilityOptions,
  type Summary,
  type SummaryEntry,
  summarise,
  type Table,
  type Verdict,
} from "./evaluate/index.js";
export { boxRegion, type Region, topRegion } from "./evaluate/region.js";
export type { Likeness } from "./examples/features.js";
export {
  type LibraryFailure,
  type LibraryOptions,
  type LibraryPicture,
  PictureLibrary,
  pictureLibrary,
} from "./examples/library.js";
export { type Match, type Neighbour, type NeighbourFacts, NeighbourList } from "./examples/neighbour-list.js";
export { type NeighbourOptions, neighbours } from "./examples/neighbours.js";
export { type PrototypeOptions, type Prototypes, prototypes } from "./examples/prototypes.js";
export {
  type RelevantPicture,
  RelevantPictures,
  type RelevantPicturesOptions,
  relevantPictures,
} from "./examples/relevant-pictures.js";
export { boxesAsClasses } from "./explain/boxes-as-classes.js";
export { CASE_THRESHOLDS, CASES, type Case, type CaseAnswer, type CaseThresholds, caseOf } from "./explain/cases.js";
export { explain } from "./explain/explain.js";
export type { Explanations, PictureFailure } from "./explain/explain-list.js";
export { Explanation } from "./explain/explanation.js";
export type {
  AutoOptions,
  BoxTarget,
  CommonOptions,
  DetectionOptions,
  ExplainOptions,
  MethodRecommendation,
  SegmentationOptions,
  SegmentationTarget,
} from "./explain/options.js";
export type { SaveOptions } from "./explain/save.js";
export { regionAsClasses } from "./explain/segmentation.js";
export type { ExplanationData } from "./explanation/explanation-data.js";
export type { ExplanationJson, PredictionJson, RasterJson } from "./explanation/json.js";
export type {
  ExplainedImage,
  ExplainedRegion,
  ExplainedTarget,
  ExplanationParts,
  Provenance,
  RuntimeRecord,
  ViewDefaults,
} from "./explanation/parts.js";
export { SaliencyMap } from "./explanation/saliency-map.js";
export { type ExportOptions, exportHtml } from "./export/export-html.js";
export { type InsertXaiOptions, insertXai } from "./export/insert-xai.js";
export type { Fit, Resize, SideOrSize } from "./image/geometry.js";
export type { Interpolation } from "./image/interpolation.js";
export { cutSticker, noiseSticker, pasteSticker, type Sticker, type StickerPlace } from "./image/sticker.js";
export type { ImageSource, Picture, PreparedImage, RawImage, Rect, Size } from "./image/types.js";
export { loadModel } from "./load-model.js";
export type { ConceptDirections } from "./methods/concepts/parts.js";
export type { AnyMethod, Method, MethodResult, Need, Preset, Subject } from "./methods/method.js";
export { type MethodFacts, type MethodName, methods, type OptionsOf } from "./methods/registry.js";
export type { Budget, SamplingOptions } from "./methods/sampling.js";
export type { Outputs, PostprocessFunction } from "./model/classifier.js";
export type { DecoderName } from "./model/detection/decoders.js";
export type { DetectorOptions } from "./model/detection/load-detector.js";
export type {
  BoxCorners,
  ClassLayer,
  DecodedBoxes,
  DetectedObject,
  Detection,
  DetectionModel,
  DetectorOutputs,
} from "./model/detection/types.js";
export type { Device } from "./model/device.js";
export type { DownloadOptions, LoadProgress } from "./model/download.js";
export { type GradientOptions, inputGradient, layerGradient, MODEL_INPUT } from "./model/input-gradient.js";
export type { LabelSource } from "./model/labels.js";
export type { LoadOptions } from "./model/load.js";
export type { PreprocessData, PreprocessFunction } from "./model/preprocess.js";
export type { PreprocessPreset } from "./model/preprocess-presets.js";
export type { IsolationOptions } from "./model/proving.js";
export type { CompositeName, CompositeOptions } from "./model/relevance.js";
export type { SegmenterOptions } from "./model/segmentation/load-segmenter.js";
export type {
  AreaMask,
  RegionTarget,
  Segmentation,
  SegmentationModel,
  SegmentedArea,
  TargetRegion,
} from "./model/segmentation/types.js";
export type { FetchOptions, ModelSource } from "./model/source.js";
export type {
  Control,
  GradientRequest,
  Gradients,
  InputGeometry,
  LabelOptions,
  LayerGeometry,
  LayerInfo,
  Layout,
  MaskedBatch,
  Masks,
  MethodSupport,
  Model,
  ModelInfo,
  Observation,
  PortInfo,
  Prediction,
  PrepareImageOptions,
  RelevanceRequest,
  Target,
  TrainedModel,
  ZeroShotModel,
} from "./model/types.js";
export type { ViewConfigSource } from "./model/view-config.js";
export type { ImageTextOptions, ImageTextPair } from "./model/zero-shot/types.js";
export type { Attributes, AttributeValue, FloatAttribute } from "./onnx/attributes.js";
export type { Composite, InputBox, LinearRule } from "./onnx/autodiff/relevance/composite.js";
export type { ReluRule } from "./onnx/autodiff/relu-rule.js";
export type { Constant, ConstantData, DataType } from "./onnx/constant.js";
export type { Activation, Probabilities } from "./onnx/final-activation.js";
export type { Dim, Graph, NodeProto, Port, TensorProto } from "./onnx/graph.js";
export type { GraphProto, ModelProto } from "./onnx/proto/onnx-ml_pb.js";
export type { Fill } from "./perturb/fill.js";
export type { VisualizationConfig } from "./render/config.js";
export { Figure, type FigureText } from "./render/figure.js";
export { visualize } from "./render/visualize.js";
export {
  type Checkpoint,
  type ClassLook,
  type HeldOut,
  type LabelledPicture,
  type Moments,
  type NetworkName,
  type NetworkShape,
  type Stage,
  type StepRecord,
  type Trained,
  type TrainedHead,
  type TrainedNetwork,
  type TrainHeadOptions,
  type TrainingPictures,
  type TrainOptions,
  type TrainProgress,
  train,
  trainHead,
  type Weights,
} from "./train/index.js";
export type { WidgetLike } from "./widgets/widget-types.js";
