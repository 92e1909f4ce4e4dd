/** MIME type by which a front end shows the view of a widget. */
export const VIEW_MIME = "application/vnd.jupyter.widget-view+json";

/** MIME type of widget state in saved notebooks and pages. */
export const STATE_MIME = "application/vnd.jupyter.widget-state+json";
