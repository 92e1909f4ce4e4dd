import { escapeHtml } from "../core/html.js";

/** Text of a terminal: what is bold, faint or coloured stays so, everything else is dropped. */
export function terminalTextHtml(text: string): string {
  let open: string[] = [];
  const parts = text.split(COLOUR);
  return parts
    .map((part, i) => {
      if (i % 2 === 0) {
        const plain = escapeHtml(part.replace(CONTROL_SEQUENCE, ""));
        return open.length && plain ? `<span class="${open.join(" ")}">${plain}</span>` : plain;
      }
      for (const code of part.split(";").map(Number)) {
        const name = ANSI[code];
        if (code === 0) open = [];
        else if (code === 39) open = open.filter((one) => !one.startsWith("fg"));
        else if (code === 22) open = open.filter((one) => one !== "bold" && one !== "dim");
        else if (name) open = [...open.filter((one) => one !== name), name];
      }
      return "";
    })
    .join("");
}

const ESC = String.fromCharCode(0x1b);
const BELL = String.fromCharCode(0x07);

const COLOUR = new RegExp(`${ESC}\\[([\\d;]*)m`);

/** ECMA-48: commands to the screen, titles and links, everything else that begins with an escape. */
const CONTROL_SEQUENCE = new RegExp(
  `${ESC}\\[[0-?]*[ -/]*[@-~]|${ESC}\\][^${BELL}${ESC}]*(?:${BELL}|${ESC}\\\\)|${ESC}[ -/]*[0-~]`,
  "g",
);

const ANSI: Record<number, string> = {
  1: "bold",
  2: "dim",
  31: "fg-red",
  32: "fg-green",
  33: "fg-yellow",
  34: "fg-blue",
  35: "fg-magenta",
  36: "fg-cyan",
};
