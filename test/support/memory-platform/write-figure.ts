/** Draws a figure and writes it to stdout; run with register.js. */
import { floorFigure } from "../floor-figure.js";

process.stdout.write((await floorFigure()).png());
