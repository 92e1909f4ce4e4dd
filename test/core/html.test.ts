import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeHtml, htmlPage } from "../../src/core/html.js";

test("text stays text in markup and in attributes of either quote", () => {
  assert.equal(
    escapeHtml(`<a title='x' id="y">&amp;</a>é\u00a0`),
    "&lt;a title=&apos;x&apos; id=&quot;y&quot;&gt;&amp;amp;&lt;/a&gt;é\u00a0",
  );
});

test("a page asks nobody for anything and runs no script but those listed", () => {
  const policy = (page: string) => /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1].split("; ");
  const closed = policy(htmlPage({ title: "t", body: "" }));
  assert.deepEqual(closed, [
    ...["default-src 'none'", "style-src 'unsafe-inline'", "img-src data: blob:", "media-src data: blob:"],
    ...["font-src data:", "base-uri 'none'", "form-action 'none'"],
  ]);
  const open = policy(htmlPage({ title: "t", body: "", scripts: ["abc=", "def="] }));
  assert.deepEqual(open, [closed?.[0], "script-src 'sha256-abc=' 'sha256-def='", ...(closed ?? []).slice(1)]);
});

test("the policy stands before all that it rules, and the title is text", () => {
  const page = htmlPage({ title: "</title><script>", body: "<p>x</p>", head: "<script>1</script>", style: "p{}" });
  assert.ok(page.indexOf("Content-Security-Policy") < page.indexOf("<style"));
  assert.ok(page.indexOf("Content-Security-Policy") < page.indexOf("<script>1"));
  assert.match(page, /<title>&lt;\/title&gt;&lt;script&gt;<\/title>/);
});
