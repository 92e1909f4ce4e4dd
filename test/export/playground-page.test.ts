import assert from "node:assert/strict";
import { test } from "node:test";
import { playgroundPage } from "../../src/export/site/playground-page.js";

const policyOf = (page: string) =>
  /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1].split("; ") ?? [];

test("the playground's page asks nobody but its own site, and runs no code that stands in it", () => {
  const policy = policyOf(playgroundPage({ title: "t", root: ".", models: [], pictures: [] }));
  assert.ok(policy.includes("default-src 'none'"));
  assert.ok(policy.includes("script-src 'self' 'wasm-unsafe-eval'"));
  assert.ok(policy.includes("connect-src 'self' blob:"));
  assert.equal(new Set(policy.map((directive) => directive.split(" ")[0])).size, policy.length);
});

test("titles and names of files cannot leave their place on the page", () => {
  const wicked = "</script><script>alert(1)</script>";
  const models = [{ path: `files/${wicked}.onnx`, title: wicked, bytes: 1 }];
  const page = playgroundPage({ title: wicked, root: "..", models, pictures: [`files/${wicked}.png`] });
  assert.ok(!page.includes("<script>alert"));
  const config = /<script type="application\/json" id="playground-site">(.*?)<\/script>/s.exec(page)?.[1] ?? "";
  assert.deepEqual(JSON.parse(config), { models, pictures: [`files/${wicked}.png`] });
});
