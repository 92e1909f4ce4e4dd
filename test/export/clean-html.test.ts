import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cleanHtml } from "../../src/export/clean-html.js";
import { safeStyle } from "../../src/export/safe-style.js";
import { terminalTextHtml } from "../../src/export/terminal-text.js";
import { temporaryFolder } from "../support/models.js";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==",
  "base64",
);
const INLINE = `<img alt="a" src="data:image/png;base64,${PNG.toString("base64")}" />`;

/** A notebook's folder with a picture, beside a secret. */
function notebookFolder(): string {
  const folder = join(temporaryFolder(), `notebook-${crypto.randomUUID()}`);
  mkdirSync(join(folder, "images", "a folder.png"), { recursive: true });
  writeFileSync(join(folder, "images", "dot 1.png"), PNG);
  writeFileSync(join(folder, "..", "secret.png"), PNG);
  return folder;
}

test("pictures below the folder travel in the page; all others are left out", async () => {
  const folder = notebookFolder();
  writeFileSync(join(folder, "50%.png"), PNG);
  const clean = (source: string) => cleanHtml(`<img src="${source}" alt="a">`, { folder });
  assert.equal(await clean("images/dot%201.png"), INLINE);
  assert.equal(await clean("50%.png"), INLINE, "a per cent sign that begins no escape is itself");
  assert.equal(await cleanHtml(INLINE, { folder }), INLINE);
  const outside = ["../secret.png", "images/../../secret.png", "/etc/x.png", "//host/x.png", "\\\\host\\x.png"];
  const remote = ["https://host/x.png", "file:///x.png", "blob:x", "attachment:x.png"];
  for (const source of [...outside, ...remote, "no.png", "images/a%20folder.png", "%zz.png", "notes.txt", ""]) {
    assert.equal(await clean(source), '<img alt="a" />', source);
  }
  assert.equal(await cleanHtml('<img src="images/dot 1.png">'), "<img />");
});

test("a link that leads out of the folder, and what is no picture whatever its name, is left out", async () => {
  const folder = notebookFolder();
  writeFileSync(join(folder, "passwords.png"), "root:x:0:0");
  writeFileSync(join(folder, "page.svg"), "<html><svg></svg></html>");
  writeFileSync(
    join(folder, "drawing.svg"),
    '<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
  );
  symlinkSync("/etc/passwd", join(folder, "system.png"));
  symlinkSync(join(folder, "..", "secret.png"), join(folder, "above.png"));
  symlinkSync(join(folder, ".."), join(folder, "up"));
  symlinkSync("/dev/zero", join(folder, "zeros.png"));
  symlinkSync(join(folder, "images", "dot 1.png"), join(folder, "inside.png"));
  execFileSync("mkfifo", [join(folder, "pipe.png")]);
  const clean = (source: string) => cleanHtml(`<img src="${source}" alt="a">`, { folder });
  for (const name of [
    "passwords.png",
    "page.svg",
    "system.png",
    "above.png",
    "up/secret.png",
    "zeros.png",
    "pipe.png",
  ]) {
    assert.equal(await clean(name), '<img alt="a" />', name);
  }
  assert.equal(await clean("inside.png"), INLINE);
  assert.match(await clean("drawing.svg"), /src="data:image\/svg\+xml;base64,/);
});

test("a cell's own pictures are found by their names", async () => {
  const attachments = { "a b.png": { "image/png": PNG.toString("base64") }, "x.png": { "text/html": "<b>" } };
  const clean = (source: string) => cleanHtml(`<img src="attachment:${source}" alt="a">`, { attachments });
  assert.equal(await clean("a%20b.png"), INLINE);
  for (const name of ["x.png", "none.png", "__proto__", "toString"]) assert.equal(await clean(name), '<img alt="a" />');
});

test("what runs, asks the network or covers the page is dropped", async () => {
  for (const [dirty, clean] of [
    ['<b onclick="x()">b</b><script>x()</script><iframe src="//h"></iframe>', "<b>b</b>"],
    ['<style>@import "http://h"</style><link rel="stylesheet" href="http://h"><base href="//h">', ""],
    ['<form action="http://h"><input name="a"><button>b</button></form>', "b"],
    [
      '<a href="javascript:x()">a</a><a href="data:text/html,x">b</a>',
      '<a rel="noopener noreferrer">a</a><a rel="noopener noreferrer">b</a>',
    ],
    ['<a href="http://h" ping="http://p">a</a>', '<a href="http://h" rel="noopener noreferrer">a</a>'],
    [
      '<img srcset="http://h 1x" src="http://h"><picture><source srcset="http://h"></picture>',
      "<img /><picture></picture>",
    ],
    ['<video src="http://h" poster="http://h"></video><audio src="http://h"></audio><embed src="http://h">', ""],
    ['<svg><image href="http://h" /><use href="http://h#a" /></svg>', "<svg></svg>"],
    [
      '<svg><path fill="url(http://h#a)" stroke="URL(\'//h#a\')" clip-path="\\75rl(http://h)"></path></svg>',
      "<svg><path></path></svg>",
    ],
    [
      '<svg><path fill="url(#a)"></path></svg><i id="a">i</i><a href="#a">a</a>',
      '<svg><path fill="url(#notebook-a)"></path></svg><i id="notebook-a">i</i><a href="#notebook-a" rel="noopener noreferrer">a</a>',
    ],
    [
      '<p class="sightline-figure lm-mod-drag-image" id="sightline-plotly">p</p>',
      '<p class="sightline-figure" id="notebook-sightline-plotly">p</p>',
    ],
    ['<div style="position:fixed;inset:0;color:red">x</div>', '<div style="inset:0;color:red">x</div>'],
    ['<meta http-equiv="refresh" content="0;url=http://h"><object data="http://h"></object>', ""],
    ["<math><mi xlink:href='javascript:x()'>a</mi></math><noscript><img src=x onerror=x()></noscript>", "a<img />"],
  ]) {
    assert.equal(await cleanHtml(dirty), clean);
  }
});

test("a style keeps what changes looks, and loses what asks the network or hides what it says", () => {
  const kept = [
    "color:red",
    "background:linear-gradient(90deg, rgb(1,2,3), hsl(1 2% 3%))",
    "width:calc(100% - 3px)",
    "font:13px/1.4 var(--jp-ui-font-family,system-ui,sans-serif)",
    "font-family:'Courier New', monospace",
    "position:relative",
    "margin:-3px !important",
  ];
  for (const style of kept) assert.equal(safeStyle(style), style);
  assert.equal(safeStyle(" COLOR : red ;; margin : 1px"), "color:red;margin:1px");
  const dropped = [
    "background:url(http://h)",
    "background:URL ( 'http://h' )",
    "background:u\\72l(http://h)",
    "background:/**/url(http://h)",
    'background:image-set("http://h" 1x)',
    "background:image(http://h)",
    "background:cross-fade(url(a), url(b))",
    "background:paint(x)",
    "list-style-image:url(http://h)",
    "cursor:url(http://h),auto",
    "content:url(http://h)",
    "filter:url(http://h#a)",
    "mask:url(http://h)",
    "--x:url(http://h)",
    "behavior:url(x)",
    "position:fixed",
    "position: sticky",
    "color:expression(x())",
    "color:red'",
    "@import 'x'",
    "animation:x 1s",
    "",
  ];
  for (const style of dropped) assert.equal(safeStyle(style), "", style);
});

test("text of a terminal keeps colours and loses every other command", () => {
  const esc = "\u001b";
  assert.equal(terminalTextHtml(`${esc}[1;31ma<${esc}[0mb`), '<span class="bold fg-red">a&lt;</span>b');
  const commands = [`${esc}[2J`, `${esc}[?25l`, `${esc}]0;title\u0007`, `${esc}]8;;x${esc}\\`, `${esc}c`];
  assert.equal(terminalTextHtml(`a${commands.join("")}b`), "ab");
});
