import { playIn } from "./play-front-end.js";

playIn("notebook");
