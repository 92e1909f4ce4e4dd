import { test } from "node:test";
import { plantedWatermark } from "./planted-watermark.js";

test("by occlusion the planted watermark comes out first, and nothing is flagged on the honest model", () =>
  plantedWatermark("occlusion"));
