import { joinBuffers } from "../../src/widgets/buffers.js";
import type { AppendedMessage } from "../../src/widgets/traits/index.js";
import type { View } from "./view.js";

/** Takes up what the kernel appends to a list, unless another view of the same model has done so. */
export function takeAppended<Traits extends object>(
  view: View<Traits>,
  name: keyof Traits & string,
  list: () => readonly unknown[],
): void {
  const take = (content: Partial<AppendedMessage>, buffers: readonly unknown[]) => {
    if (content.type !== "appended" || content.trait !== name || content.index !== list().length) return;
    const { item } = joinBuffers({ ...content.state }, content.buffer_paths ?? [], buffers);
    view.model.set(name, [...list(), item] as Traits[typeof name]);
  };
  view.comm.on("msg:custom", take);
  view.onLeave(() => view.comm.off("msg:custom", take));
}
