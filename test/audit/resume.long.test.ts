import { test } from "node:test";
import { cutAndResume, killAndResume } from "./kill.js";
import { pictureFolder } from "./pictures.js";

test("killed at 25 random moments it resumes, every picture exactly once, byte for byte", async () => {
  await killAndResume(await pictureFolder(300, 17), 25, 2);
});

test("after a power cut at any of its writes, which leaves a torn file, it resumes, byte for byte", async () => {
  await cutAndResume((writes) => Array.from({ length: writes }, (_, i) => i + 1));
});
