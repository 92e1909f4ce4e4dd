import { h } from "../../../../widgets/src/dom.js";
import { plural } from "../../../render/format.js";
import type { ModelFacts } from "../messages.js";

/** What was found in the model, one fact a line, and what was assumed. */
export function modelFacts(facts: ModelFacts): HTMLElement {
  const { input, classes, format, opset, operators, methods, sha256, notes } = facts;
  const rows: [string, string, string?][] = [
    ["Input", `${input.width} × ${input.height}, ${plural(input.channels, "channel")}, ${input.layout.toUpperCase()}`],
    ["Answer", plural(classes, "class", "classes")],
    ["Graph", `${format === "onnx" ? "ONNX" : "OpenVINO"}, opset ${opset}, ${plural(operators, "operator")}`],
    ["Methods", `${methods.length} can explain it`],
    ["SHA-256", sha256.slice(0, 8), sha256],
  ];
  return h(
    "div",
    {},
    h(
      "dl",
      { class: "pg-facts" },
      ...rows.flatMap(([name, value, title]) => [h("dt", {}, name), h("dd", { title }, value)]),
    ),
    ...notes.map((note) => h("p", { class: "sl-notice" }, note)),
  );
}
