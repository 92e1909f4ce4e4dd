import { test } from "node:test";
import { killAndResume } from "./kill.js";
import { pictureFolder } from "./pictures.js";

test("killed at 25 random moments it resumes, every picture exactly once, byte for byte", async () => {
  await killAndResume(await pictureFolder(300, 17), 25, 2);
});
