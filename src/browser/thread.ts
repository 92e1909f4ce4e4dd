/** Every thread of the browser edition: the first message says which module it is. */
import { serveThread } from "../platform/browser/serve-thread.js";

serveThread({
  "audit/hygiene/duplicates-worker": { load: () => import("../audit/hygiene/duplicates-worker.js") },
  "audit/layout/agree-worker": { load: () => import("../audit/layout/agree-worker.js") },
  "audit/layout/layout-worker": { load: () => import("../audit/layout/layout-worker.js") },
  "audit/shortcuts/cluster-worker": { load: () => import("../audit/shortcuts/cluster-worker.js") },
  "model/session-thread": {
    load: () => import("../model/session-thread.js"),
    prepare: async () => (await import("../platform/browser/runtime.js")).prepareProcessor(),
  },
});
