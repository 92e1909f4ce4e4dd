/** Threads of the contract's page. */
import { serveThread } from "../../../src/platform/browser/serve-thread.js";
import { ECHO } from "../../platform/contract/threads.js";

serveThread({ [ECHO]: { load: () => import("../echo-thread.js") } });
