export { Audit, type MapPlace, openAudit, type SliceChoice, type StoredMap } from "./audit.js";
export {
  type AuditComparison,
  type CompareAuditsOptions,
  compareAudits,
  type PictureAnswer,
  type PictureChange,
  type SliceChange,
} from "./compare-audits.js";
export type { AuditManifest } from "./manifest.js";
export type { AuditOptions, AuditProgress } from "./options.js";
export { type AuditRow, auditColumns } from "./row.js";
export { audit } from "./run-audit.js";
export type { Row } from "./servers/duckdb.js";
export { type WorkEvent, type WorkOptions, workOnAudits } from "./servers/queue/work.js";
export { findShortcuts } from "./shortcuts/find-shortcuts.js";
export type { ClusterPoint, Shortcut, ShortcutOptions, ShortcutReport } from "./shortcuts/types.js";
export type { Slice, SliceMeasures, SliceResult } from "./slices.js";
export type { AuditItem } from "./sources/item.js";
