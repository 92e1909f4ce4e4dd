/** How the files of an audit lie in a page that brings them with it. */

/** A script element that does not run holds one file: its name in this attribute, its bytes as Base64. */
export const FILE_NAME = "data-file";
/** What is packed by gzip says so in this attribute. */
export const FILE_PACKED = "data-packed";

/** Names of the audit's own files begin so, those of the earlier audit beside it otherwise; others are DuckDB's. */
export const AUDIT_FILES = "audit/";
export const EARLIER_FILES = "earlier/";
export const DUCKDB_FILES = ["duckdb/duckdb-browser-eh.worker.js", "duckdb/duckdb-eh.wasm"] as const;

/** Id of the element with what cannot be seen or done in the page: a list of sentences, JSON. */
export const LIMITS_ID = "sightline-limits";
