import { SightlineError } from "../core/errors.js";

const OPERATOR = [
  /(?:^|[\s:])(?:Fatal error: )?([\w.]*:?\w+)\(-?\d+\) is not a registered function\/op/,
  /Could not find an implementation for (\w+\(\d+\))/,
  /No Op registered for (\w+)/,
];

/** What Dawn, Direct3D and CUDA say of a card that is gone, hung or reset. */
const LOST =
  /\bWebGPU device lost|\[Device\] is lost|\bdevice (?:is|was) lost\b|DXGI_ERROR_DEVICE_|\bCUDA (?:failure|error) \d+/i;

/** What a runtime, by its name and version, says when it refuses a graph, as one of our errors. */
export function openError(message: string, engine: string): SightlineError {
  for (const pattern of OPERATOR) {
    const operator = pattern.exec(message)?.[1];
    if (!operator) continue;
    return new SightlineError("unsupported-operator", `the runtime does not implement the operator ${operator}`, {
      received: operator,
      expected: `operators of the standard ONNX domain that ${engine} implements`,
      next: "export the model with standard operators or another opset",
      cause: message,
    });
  }
  const opset = /Opset (\d+) is under development/.exec(message)?.[1];
  if (opset) {
    return new SightlineError("unsupported-operator", `the runtime does not know opset ${opset} yet`, {
      received: `opset ${opset}`,
      next: "export the model with an older opset",
      cause: message,
    });
  }
  const [, version, newest] =
    /Unsupported model IR version: (\d+), max supported IR version: (\d+)/.exec(message) ?? [];
  if (version) {
    return new SightlineError(
      "unsupported-operator",
      `the runtime does not know version ${version} of the ONNX format yet`,
      {
        received: `IR version ${version}`,
        expected: `at most ${newest}`,
        next: "export the model with an older version of the onnx package, or set its ir_version",
        cause: message,
      },
    );
  }
  return new SightlineError("bad-model", `the runtime cannot load the model: ${firstLine(message)}`, {
    next: "check it with another ONNX tool, or export it again",
    cause: message,
  });
}

/** What the runtime says when a pass fails, as one of our errors. */
export function runError(message: string): SightlineError {
  if (LOST.test(message)) {
    return new SightlineError("device-lost", `the graphics card was lost: ${firstLine(message)}`, {
      next: "load the model again, or use device: 'cpu'",
      cause: message,
    });
  }
  const code = /invalid (dimensions|rank) for input|Got invalid dimensions/i.test(message)
    ? "shape-mismatch"
    : "run-failed";
  return new SightlineError(code, `the model could not be run: ${firstLine(message)}`, { cause: message });
}

function firstLine(message: string): string {
  const line = message.split("\n", 1)[0].trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
