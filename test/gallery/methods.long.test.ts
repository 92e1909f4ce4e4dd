import { testPictures } from "./method-pictures.js";
import { entries, PICTURES } from "./methods.js";

testPictures(entries, PICTURES);
