/** Every thread of the browser edition: the first message says which module it is. */
import { serveThread } from "../platform/browser/serve-thread.js";

serveThread({
  "audit/shortcuts/cluster-worker": () => import("../audit/shortcuts/cluster-worker.js"),
  "model/session-thread": () => import("../model/session-thread.js"),
});
