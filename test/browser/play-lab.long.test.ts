import { playIn } from "./play-front-end.js";

playIn("lab");
