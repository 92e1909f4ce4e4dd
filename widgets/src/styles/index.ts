import base from "./base.css";
import cases from "./cases.css";
import claim from "./claim.css";
import comparison from "./comparison.css";
import fields from "./fields.css";
import panes from "./panes.css";
import progress from "./progress.css";
import scores from "./scores.css";
import scrubber from "./scrubber.css";
import stage from "./stage.css";
import trainer from "./trainer.css";
import viewer from "./viewer.css";

/** The style sheet of every widget. */
export const styles = [
  base,
  fields,
  stage,
  scores,
  viewer,
  panes,
  comparison,
  cases,
  claim,
  scrubber,
  progress,
  trainer,
].join("\n");
