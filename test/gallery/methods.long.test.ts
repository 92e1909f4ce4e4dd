import { testPictures } from "./method-pictures.js";
import { entries } from "./methods.js";

testPictures(entries);
