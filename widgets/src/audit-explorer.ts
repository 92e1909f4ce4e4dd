import { fromBytes } from "../../src/explorer/pack.js";
import type { Reply } from "../../src/explorer/requests.js";
import { oneLine, plural } from "../../src/render/format.js";
import type { AnswerMessage, AuditExplorerTraits } from "../../src/widgets/traits/index.js";
import { auditSummary } from "./audit-summary.js";
import { h } from "./dom.js";
import { ViewError } from "./error-box.js";
import { showExplorer } from "./explorer/explorer.js";
import { type Ask, answerOf, remoteExplorer } from "./explorer/remote.js";
import { bytesOf, type Received } from "./model.js";
import { kernelNotice, noticeLine } from "./notice.js";
import type { Render, View } from "./view.js";

/** A finished audit in a cell; the kernel answers. */
export const auditExplorer: Render<AuditExplorerTraits> = async (view) => {
  const place = h("div", {});
  const title = `Audit of ${oneLine(view.get("model"))}, ${plural(view.get("pictures"), "picture")}`;
  const notice = noticeLine(place, () => kernelNotice(view, "explore the audit"));
  view.watchKernel(notice.update);
  notice.update();
  view.el.replaceChildren(notice.el, place);
  if (view.live) await showExplorer(place, { backend: remoteExplorer(kernelAsk(view)), scope: view, keys: place });
  else {
    // a notebook that was saved by an earlier version has none
    const summary = view.get("summary") ?? null;
    place.replaceChildren(summary ? auditSummary(title, summary, view) : h("p", { class: "sl-note" }, title));
  }
};

/** Carries requests to the kernel; each waits for the answer of its number. */
function kernelAsk(view: View<Received<AuditExplorerTraits>>): Ask {
  const waiting = new Map<number, { done(reply: Reply): void; fail(error: Error): void }>();
  let last = 0;
  const listener = ({ type, id }: Partial<AnswerMessage>, buffers: readonly unknown[]) => {
    if (type !== "answer" || id === undefined) return;
    waiting.get(id)?.done(fromBytes(bytesOf(buffers[0])) as Reply);
    waiting.delete(id);
  };
  view.comm.on("msg:custom", listener);
  view.onLeave(() => view.comm.off("msg:custom", listener));
  view.watchKernel(() => {
    if (view.live) return;
    for (const { fail } of waiting.values()) fail(new ViewError("the kernel is gone: run the cell again"));
    waiting.clear();
  });
  return async (name, given) => {
    last += 1;
    const id = last;
    const reply = new Promise<Reply>((done, fail) => waiting.set(id, { done, fail }));
    view.request({ type: "ask", id, name, given });
    return answerOf(await reply);
  };
}
