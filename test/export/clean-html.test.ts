import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cleanHtml } from "../../src/export/clean-html.js";
import { terminalTextHtml } from "../../src/export/terminal-text.js";
import { temporaryFolder } from "../support/models.js";

test("pictures below the folder travel in the page; all others are left out", async () => {
  const folder = join(temporaryFolder(), "notebook");
  mkdirSync(join(folder, "images", "a folder.png"), { recursive: true });
  writeFileSync(join(folder, "images", "dot 1.png"), Uint8Array.of(1, 2, 3));
  writeFileSync(join(folder, "..", "secret.png"), "secret");
  const clean = (source: string) => cleanHtml(`<img src="${source}" alt="a">`, folder);
  assert.equal(await clean("images/dot%201.png"), '<img alt="a" src="data:image/png;base64,AQID" />');
  const inline = '<img src="data:image/gif;base64,AQID" alt="a" />';
  assert.equal(await cleanHtml(inline, folder), inline);
  const outside = ["../secret.png", "images/../../secret.png", "/etc/x.png", "https://host/x.png", "file:///x.png"];
  for (const source of [...outside, "no.png", "images/a%20folder.png", "%zz.png", "notes.txt", ""]) {
    assert.equal(await clean(source), '<img alt="a" />', source);
  }
  assert.equal(await cleanHtml('<img src="images/dot 1.png">'), "<img />");
});

test("text of a terminal keeps colours and loses every other command", () => {
  const esc = "\u001b";
  assert.equal(terminalTextHtml(`${esc}[1;31ma<${esc}[0mb`), '<span class="bold fg-red">a&lt;</span>b');
  const commands = [`${esc}[2J`, `${esc}[?25l`, `${esc}]0;title\u0007`, `${esc}]8;;x${esc}\\`, `${esc}c`];
  assert.equal(terminalTextHtml(`a${commands.join("")}b`), "ab");
});
