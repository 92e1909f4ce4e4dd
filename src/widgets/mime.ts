import type { MimeBundle } from "../core/display.js";

/** MIME type by which a front end shows the view of a widget. */
export const VIEW_MIME = "application/vnd.jupyter.widget-view+json";

/** MIME type of widget state in saved notebooks and pages. */
export const STATE_MIME = "application/vnd.jupyter.widget-state+json";

/** Of Jupyter's widget messages. */
export const PROTOCOL_VERSION = "2.1.0";

/** What stands in a notebook for a widget whose answer is held back. */
export const HELD: MimeBundle = { "text/plain": "held back until Reveal is pressed" };
