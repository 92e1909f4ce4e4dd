import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { preload } from "../../src/platform/node/native-libraries.js";

/** Where Debian's and Ubuntu's Chromium brings its graphics card in software. */
const FOLDER = "/usr/lib/chromium";

/** Gives this process a graphics card in software: Chromium's own Vulkan loader and SwiftShader. Before any other use of WebGPU. */
export function useSwiftShader(): void {
  const driver = `${FOLDER}/vk_swiftshader_icd.json`;
  readFileSync(driver);
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
  process.env.VK_DRIVER_FILES = driver;
  process.env.VK_ICD_FILENAMES = driver;
  assert.equal(preload(`${FOLDER}/libvulkan.so.1`), undefined);
}
