import { savedIn } from "./saved-notebook-front-end.js";

savedIn("lab");
