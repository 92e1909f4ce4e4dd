import { userName } from "#platform/user";
import { closest, SightlineError } from "../../core/errors.js";
import { uuid } from "../../core/uuid.js";
import * as z from "../../core/zod.js";
import type { StoredAudit } from "../manifest.js";
import { type Action, actionSchema, type Entry, nameSchema } from "./entry.js";
import { AnnotationLog } from "./log.js";
import { countOf } from "./ranges.js";
import { type AnnotationState, nextRedo, nextUndo, stateOf } from "./state.js";

/** Whoever has no name. */
const NOBODY = "unknown";

/** What people did with an audit's pictures, of all who work on it, and what somebody does now. */
export class Annotations {
  /** Who does what is done here. */
  readonly by: string;
  readonly #log: AnnotationLog;
  readonly #pictures: number;
  #state: AnnotationState = stateOf([]);

  private constructor(log: AnnotationLog, pictures: number, by: string) {
    this.#log = log;
    this.#pictures = pictures;
    this.by = by;
  }

  /**
   * @param by the name of whoever works here; what the system calls them, where it is left out
   * @throws SightlineError `bad-data`, `bad-config` for a name that is none
   */
  static async open({ folder, manifest }: StoredAudit, by: string = userName() ?? NOBODY): Promise<Annotations> {
    const name = nameSchema.safeParse(by);
    if (!name.success) {
      throw new SightlineError("bad-config", "that is no name to sign notes with", {
        received: by,
        expected: z.prettifyError(name.error),
      });
    }
    const log = new AnnotationLog(folder, manifest.picturesSha256);
    const annotations = new Annotations(log, manifest.pictures, name.data);
    await annotations.refresh();
    return annotations;
  }

  get state(): AnnotationState {
    return this.#state;
  }

  /** All that was done, what was undone included, the oldest first. */
  get entries(): readonly Entry[] {
    return this.#log.entries;
  }

  /** What of the log could not be read, in sentences. */
  get notices(): readonly string[] {
    return this.#log.notices;
  }

  /** What {@link undo} would take back. */
  get undoable(): Entry | undefined {
    return nextUndo(this.entries, this.#state.undone, this.by);
  }

  /** What {@link redo} would do again. */
  get redoable(): Entry | undefined {
    return nextRedo(this.entries, this.#state.undone, this.by);
  }

  /**
   * Reads what others did.
   * @returns whether they did anything
   * @throws SightlineError `bad-data`
   */
  async refresh(): Promise<boolean> {
    const came = await this.#log.read();
    if (came) this.#state = stateOf(this.entries);
    return came;
  }

  /**
   * Does something, behind all that others have done.
   * @throws SightlineError `bad-config` for what cannot be done, `write-failed`
   */
  async do(action: Action): Promise<Entry> {
    const checked = this.#checked(action);
    return (await this.#append(() => {
      this.#checkKnown(checked);
      return checked;
    })) as Entry;
  }

  /** Takes back what this person did last. @returns what that was; undefined where there is nothing */
  async undo(): Promise<Entry | undefined> {
    let deed: Entry | undefined;
    await this.#append(() => {
      deed = this.undoable;
      return deed && { kind: "undo", of: deed.id };
    });
    return deed;
  }

  /** Does again what this person took back last. @returns what that was; undefined where there is nothing */
  async redo(): Promise<Entry | undefined> {
    let deed: Entry | undefined;
    await this.#append(() => {
      deed = this.redoable;
      return deed && { kind: "redo", of: deed.id };
    });
    return deed;
  }

  async #append(make: () => Action | undefined): Promise<Entry | undefined> {
    const entry = await this.#log.append(() => {
      this.#state = stateOf(this.entries);
      const action = make();
      return action && { id: uuid(), at: new Date().toISOString(), by: this.by, action };
    });
    this.#state = stateOf(this.entries);
    return entry;
  }

  #checked(action: Action): Action {
    const { data, error } = actionSchema.safeParse(action);
    if (error) {
      throw new SightlineError("bad-config", "that cannot be noted", {
        received: action,
        expected: [...new Set(error.issues.map(({ message }) => message))].join("; "),
      });
    }
    const last = "pictures" in data ? data.pictures?.at(-1)?.[1] : undefined;
    if (last !== undefined && last >= this.#pictures) {
      throw new SightlineError("bad-config", `the audit has no picture ${last}`, {
        received: last,
        expected: `numbers from 0 to ${this.#pictures - 1}`,
      });
    }
    return data;
  }

  /** @throws SightlineError `bad-config` for what speaks of something that is not there (any more) */
  #checkKnown(action: Action): void {
    if (action.kind === "edit-note" && !this.#state.notes.has(action.note)) {
      throw new SightlineError("bad-config", "there is no such note, or somebody has removed it", {
        received: action.note,
      });
    }
    const [names, what] =
      action.kind === "slice" && action.pictures === null
        ? [this.#state.slices, "slice"]
        : action.kind === "view" && action.state === null
          ? [this.#state.views, "view"]
          : [];
    if (!names || !("name" in action) || names.has(action.name)) return;
    throw new SightlineError("bad-config", `no ${what} is called '${action.name}'`, {
      received: action.name,
      next: closest(action.name, [...names.keys()], 3).join(", "),
    });
  }
}

/** What was done, as one says it: "tagged 12 pictures 'watermark'". */
export function wordsOf({ action }: Entry, entries: readonly Entry[]): string {
  const pictures = "pictures" in action && action.pictures ? countOf(action.pictures) : 0;
  const some = pictures === 1 ? "1 picture" : `${pictures.toLocaleString("en")} pictures`;
  switch (action.kind) {
    case "tag":
      return `tagged ${some} '${action.tag}'`;
    case "untag":
      return `took the tag '${action.tag}' from ${some}`;
    case "note":
      return `noted something on ${some}`;
    case "edit-note":
      return action.text === null ? "removed a note" : "rewrote a note";
    case "slice":
      return action.pictures ? `kept ${some} as the slice '${action.name}'` : `removed the slice '${action.name}'`;
    case "view":
      return action.state === null ? `removed the view '${action.name}'` : `kept the view '${action.name}'`;
    case "undo":
    case "redo": {
      const deed = entries.find(({ id }) => id === action.of);
      return `${action.kind === "undo" ? "took back" : "did again"}: ${deed ? wordsOf(deed, entries) : "something"}`;
    }
  }
}
