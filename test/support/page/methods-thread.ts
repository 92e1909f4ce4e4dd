/** The model's thread of the methods' page. */
import { serveThread } from "../../../src/platform/browser/serve-thread.js";

serveThread({ "model/session-thread": { load: () => import("../../../src/model/session-thread.js") } });
