import { SaxesParser } from "saxes";
import { SightlineError } from "../../../core/errors.js";

/** An XML element. Text is kept where it is the only content. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

interface OpenElement extends Element {
  readonly children: OpenElement[];
  text: string;
}

const MAX_BYTES = 256 * 2 ** 20;
const MAX_DEPTH = 64;
const MAX_ELEMENTS = 4_000_000;

/**
 * Parses an XML document from an untrusted source: UTF-8, no document type (and so no entities of its own, external or
 * nested), at most 256 MiB, 64 levels and four million elements.
 * @throws SightlineError `bad-model` otherwise
 */
export function parseXml(bytes: Uint8Array): Element {
  if (bytes.length > MAX_BYTES) refuse(`${bytes.length} bytes of XML`, `at most ${MAX_BYTES}`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    return refuse("the XML is not UTF-8", "a text file in UTF-8", cause);
  }

  const open: OpenElement[] = [];
  let root: OpenElement | undefined;
  let count = 0;
  const parser = new SaxesParser();
  parser.on("error", (cause) => refuse("the XML is damaged", "a complete OpenVINO .xml file", cause));
  parser.on("doctype", () => refuse("the XML declares a document type", "plain XML without DOCTYPE and entities"));
  parser.on("opentag", ({ name, attributes }) => {
    if (++count > MAX_ELEMENTS) refuse("too many XML elements", `at most ${MAX_ELEMENTS}`);
    if (open.length >= MAX_DEPTH) refuse("XML nested too deeply", `at most ${MAX_DEPTH} levels`);
    const element: OpenElement = { name, attributes, children: [], text: "" };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on("text", (part) => {
    const top = open.at(-1);
    if (top && top.children.length === 0) top.text += part;
  });
  parser.on("closetag", () => {
    const closed = open.pop();
    if (closed?.children.length) closed.text = "";
  });
  parser.write(text).close();
  return root ?? refuse("the XML is empty", "an OpenVINO .xml file");
}

/** The first child of a name. */
export function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((candidate) => candidate.name === name);
}

/** All children of a name. */
export function childrenOf(element: Element | undefined, name: string): readonly Element[] {
  return element?.children.filter((candidate) => candidate.name === name) ?? [];
}

function refuse(what: string, expected: string, cause?: unknown): never {
  throw new SightlineError("bad-model", what, { expected, next: "convert the model again", cause });
}
