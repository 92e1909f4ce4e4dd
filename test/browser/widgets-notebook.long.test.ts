import { widgetsIn } from "./widgets-front-end.js";

widgetsIn("notebook");
