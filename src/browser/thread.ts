/** Every thread of the browser edition: the first message says which module it is. */
import { serveThread } from "../platform/browser/serve-thread.js";

serveThread({
  "model/session-thread": () => import("../model/session-thread.js"),
});
