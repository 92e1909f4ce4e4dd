export { MODULE_NAME, MODULE_VERSION, SightlineModel, SightlineView } from "./jupyter.js";
