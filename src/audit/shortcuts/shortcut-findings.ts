import { wilsonInterval } from "../../core/wilson.js";
import { percent, plural } from "../../render/format.js";
import { type Finding, finding, type Measured } from "../findings.js";
import type { MovingShortcut, PropertyShortcut, Shortcut, ShortcutReport } from "./types.js";

/** The flagged ones of a search for shortcuts, those that lie in one place first, those without a place last. */
export function shortcutFindings({ groups, moving, properties }: ShortcutReport): Finding[] {
  return [
    ...groups.filter(({ flagged }) => flagged).map(fixedFinding),
    ...moving.filter(({ flagged }) => flagged).map(movingFinding),
    ...properties.filter(({ flagged }) => flagged).map(propertyFinding),
  ];
}

function fixedFinding({ prediction, pictures, share, flips, control, tested, cluster, box }: Shortcut): Finding {
  const effect = rate("pictures of other classes that become this class with the region pasted on", flips, tested);
  const baseline = rate("the same with that region of other pictures", control, tested);
  return finding({
    kind: "shortcut",
    label: prediction,
    claim:
      `${plural(pictures.length, "picture")} taken for ${prediction} have ${percent(share)} of their evidence in one place; ` +
      `${turns(effect, baseline, prediction, "the same place")}`,
    effect,
    null: baseline,
    q: null,
    evidence: { share, cluster, tested, x: box.x, y: box.y, width: box.width, height: box.height },
    pictures,
  });
}

function movingFinding(shortcut: MovingShortcut): Finding {
  const { prediction, pictures, share, common, commonControl, core, likeness, place, removed, tested } = shortcut;
  const effect = rate("pictures of other classes that become this class with the common patch on", common, tested);
  const baseline = rate("the same with as large a part of other pictures", commonControl, tested);
  const thing = place ? "one thing in the same place" : "one thing that is elsewhere in each";
  return finding({
    kind: place ? "shortcut" : "moving-shortcut",
    label: prediction,
    claim:
      `${plural(pictures.length, "picture")} taken for ${prediction} have ${percent(share)} of their evidence in ${thing}; ` +
      `${turns(effect, baseline, prediction, "as large a part")}`,
    effect,
    null: baseline,
    q: null,
    evidence: { share, removed, tested, core: core ?? 0, likeness: likeness ?? 0, ...place },
    pictures,
  });
}

function propertyFinding(shortcut: PropertyShortcut): Finding {
  const { property, prediction, pictures, flips, control, random, tested, q, auc, removed, kept } = shortcut;
  const effect = rate(`pictures of other classes that become this class with its ${property}`, flips, tested);
  const baseline =
    random > control
      ? rate("the same by random edits of equal size", random, tested)
      : rate(`the same with the ${property} of other classes`, control, tested);
  return finding({
    kind: "property-shortcut",
    label: prediction,
    claim:
      `${plural(pictures.length, "picture")} taken for ${prediction} are told from others by their ${property}; ` +
      `given to other pictures, it turns ${percent(flips)} of them into ${prediction} ` +
      `(the ${property} of other classes: ${percent(control)}, random edits of equal size: ${percent(random)})`,
    effect,
    null: baseline,
    q,
    evidence: { property, association: auc, tested, control, "random edits": random, removed, kept },
    pictures,
  });
}

const turns = ({ value }: Measured, baseline: Measured, prediction: string, part: string) =>
  `pasted on other pictures it turns ${percent(value)} of them into ${prediction} ` +
  `(${part} of other pictures: ${percent(baseline.value)})`;

function rate(what: string, share: number | null, tested: number): Measured {
  const value = share ?? 0;
  return { what, value, interval: wilsonInterval(Math.round(value * tested), tested) };
}
