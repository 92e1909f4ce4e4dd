/** Style of a notebook's page, light and dark. */
export const NOTEBOOK_STYLE = `
:root { --text: #1f2328; --faint: #656d76; --ground: #fff; --panel: #f6f8fa; --line: #d9dee3; --accent: #1976d2; --red: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --text: #e2e6ea; --faint: #9aa4ae; --ground: #111418; --panel: #1a1f25; --line: #30363d; --accent: #64b5f6; --red: #ff8a80 }
}
body { max-width: none; margin: 0; padding: 0; background: var(--ground); color: var(--text); font: 15px/1.6 system-ui, sans-serif; font-variant-numeric: tabular-nums }
main { max-width: 1000px; margin: 0 auto; padding: 32px 24px 64px }
h1, h2, h3 { line-height: 1.25; margin: 32px 0 8px } h1 { font-size: 30px } h2 { font-size: 22px } h3 { font-size: 17px }
p, ul, ol { margin: 8px 0; max-width: 75ch } a { color: var(--accent) }
section.code { position: relative; margin: 16px 0 }
.count { color: var(--faint); font: 12px/1.5 ui-monospace, monospace; position: absolute; left: -48px; width: 40px; text-align: right; top: 9px }
pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; margin: 0; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
pre.source, section.text pre { background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 8px 12px }
.output { margin: 8px 0 0; overflow-x: auto } .output, .foreign { contain: layout paint }
.note { color: var(--faint); font-size: 13px }
pre.stderr, pre.error { border-left: 3px solid var(--red); padding-left: 12px }
pre.stdout { color: var(--text) }
table { border-collapse: collapse; font-size: 13px } th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: left }
.figure { min-height: 360px; background: #fff; border-radius: 4px }
.k { color: #8250df } .s { color: #0a6640 } .n { color: #0550ae } .c { color: var(--faint); font-style: italic }
.bold { font-weight: 600 } .dim { color: var(--faint) } .fg-red { color: var(--red) } .fg-green { color: #1a7f37 } .fg-yellow { color: #9a6700 }
.fg-blue { color: #0969da } .fg-magenta { color: #8250df } .fg-cyan { color: #1b7c83 }
@media (prefers-color-scheme: dark) { .k { color: #d2a8ff } .s { color: #7ee2a8 } .n { color: #79c0ff } }
details.sl-answer, details.rules { border: 1px solid var(--line); border-radius: 4px; padding: 4px 12px } details > summary { cursor: pointer }
details.rules { color: var(--faint); font-size: 13px } details.rules .count { display: none }
button.class-mode { position: fixed; top: 16px; right: 16px; z-index: 1; min-height: 36px; padding: 4px 12px; font: inherit }
@media print { button.class-mode { display: none } }
@media (max-width: 1100px) { .count { position: static; text-align: left } }
@media (max-width: 640px) { main { padding: 16px 16px 48px } }
@media print {
  main { padding: 0 } .count { break-after: avoid } .widget, .figure { break-inside: avoid }
  .output { overflow: visible } table { font-size: 11px } th, td { padding: 2px 6px } td { overflow-wrap: anywhere }
}
`;
