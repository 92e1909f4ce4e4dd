import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { cellContext } from "../cell-context.js";

/** The processes that the running cell started. */
export class CellChildren {
  readonly #children = new Set<ChildProcess>();

  /** @param running the execution that runs now */
  constructor(running: () => number) {
    subscribe("child_process", (event) => {
      const execution = cellContext.getStore()?.execution ?? 0;
      const { process: child } = event as { process: ChildProcess };
      if (execution === 0 || execution !== running()) return;
      this.#children.add(child);
      child.once("exit", () => this.#children.delete(child));
    });
  }

  interrupt(): void {
    for (const child of this.#children) child.kill("SIGINT");
  }

  forget(): void {
    this.#children.clear();
  }
}
