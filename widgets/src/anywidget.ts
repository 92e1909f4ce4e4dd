import { render } from "./views.js";

// biome-ignore lint/style/noDefaultExport: what anywidget hosts look for
export default { render };
