import { h } from "../../../../widgets/src/dom.js";
import type { PortInfo } from "../../../model/types.js";
import { plural } from "../../../render/format.js";
import type { DeclaredFacts, ModelFacts, Task } from "../messages.js";
import { type Fact, factList } from "./fact-list.js";

/** What was found in the model, one fact a line, what was assumed, and what cannot explain it. */
export function modelFacts(facts: ModelFacts): HTMLElement {
  const { task, input, classes, format, opset, operators, device, methods, sha256, notes } = facts;
  const able = methods.filter(({ supported }) => supported).length;
  const rows: readonly Fact[] = [
    ["Input", `${input.width} × ${input.height}, ${plural(input.channels, "channel")}`],
    ["Answer", answer(task, classes)],
    ["Graph", `${format === "onnx" ? "ONNX" : "OpenVINO"}, opset ${opset}, ${plural(operators, "operator")}`],
    ["Runs on", device === "webgpu" ? "graphics card (WebGPU)" : "processor"],
    ["Methods", `${able} of ${methods.length} can explain it`],
    ["SHA-256", sha256.slice(0, 8), sha256],
  ];
  const unable = methods.filter(({ supported }) => !supported);
  return h(
    "div",
    {},
    ...notes.map((note) => h("p", { class: "sl-notice" }, `${note.charAt(0).toUpperCase()}${note.slice(1)}.`)),
    factList(rows),
    unable.length > 0 &&
      h(
        "details",
        {},
        h("summary", {}, `Why ${plural(unable.length, "method")} cannot`),
        factList(unable.map(({ method, reason = "" }) => [method, reason])),
      ),
  );
}

/** What the file of a model says that was not loaded. */
export function declaredFacts({ inputs, outputs }: DeclaredFacts): HTMLElement {
  const rows = (kind: string, ports: readonly PortInfo[]) => ports.map((port): Fact => [kind, portText(port)]);
  return h("div", {}, factList([...rows("Input", inputs), ...rows("Output", outputs)]));
}

/** A port's name and shape; dimensions that the file leaves open are question marks. */
export const portText = ({ name, dims }: PortInfo): string =>
  `${name} [${dims.map((dim) => (dim < 0 ? "?" : dim)).join(", ")}]`;

/** Some detectors do not tell how many classes they know. */
function answer(task: Task, classes: number): string {
  const known = plural(classes, "class", "classes");
  if (task === "detection") return classes > 0 ? `boxes of ${known}` : "boxes";
  return task === "segmentation" ? `areas of ${known}` : known;
}
