/** The worker behind the playground: the library, one model, one picture. */
import { isSightlineError } from "../../core/errors.js";
import { useWidgetHost } from "../../core/widget-host.js";
import { useDrive } from "../../platform/browser/files.js";
import { useSite } from "../../platform/browser/site.js";
import "../../widgets/progress-panel.js";
import { EngineHost } from "./engine-host.js";
import type { Failure, FromEngine, Question, ToEngine } from "./messages.js";
import { PageFiles } from "./page-files.js";
import { Workbench } from "./workbench.js";

interface WorkerScope {
  onmessage: ((event: { data: ToEngine }) => void) | null;
  postMessage(message: FromEngine): void;
}

const scope = globalThis as unknown as WorkerScope;
const post = (message: FromEngine) => scope.postMessage(message);
const host = new EngineHost(post);
const pageFiles = new PageFiles();
const bench = new Workbench(pageFiles);
const underWay = new Map<number, AbortController>();

useDrive(pageFiles);
useWidgetHost(host);

scope.onmessage = ({ data }) => {
  if (data.kind === "start") useSite(data.site);
  else if (data.kind === "ask") void answer(data.id, data.question);
  else if (data.kind === "cancel") underWay.get(data.id)?.abort();
  else host.receive(data.widget, { data: data.data, buffers: data.buffers.map((buffer) => new Uint8Array(buffer)) });
};

async function answer(id: number, question: Question): Promise<void> {
  const control = new AbortController();
  underWay.set(id, control);
  try {
    post({ kind: "answer", id, answer: await carryOut(id, question, control.signal) });
  } catch (error) {
    post({ kind: "failure", id, failure: await failureOf(error, question, control.signal) });
  } finally {
    underWay.delete(id);
  }
}

async function carryOut(id: number, { kind, ask }: Question, signal: AbortSignal): Promise<unknown> {
  if (kind === "load") return bench.load(ask, signal);
  if (kind === "claim") return bench.claim();
  if (kind === "measure") return bench.measure();
  host.showsWork = true;
  try {
    return await bench.look(ask, signal, (said) => post({ kind: "predictions", id, ...said }));
  } finally {
    host.showsWork = false;
  }
}

async function failureOf(error: unknown, { kind, ask }: Question, signal: AbortSignal): Promise<Failure> {
  const message = error instanceof Error ? error.message : String(error);
  if (!isSightlineError(error)) return { message };
  const refused = kind === "load" && !signal.aborted ? await bench.declared(ask, signal) : undefined;
  return { code: error.code, message, refused };
}
