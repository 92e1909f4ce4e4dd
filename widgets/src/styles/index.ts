import base from "./base.css";
import booth from "./booth.css";
import cases from "./cases.css";
import claim from "./claim.css";
import comparison from "./comparison.css";
import explorer from "./explorer.css";
import fields from "./fields.css";
import guess from "./guess.css";
import held from "./held.css";
import panes from "./panes.css";
import progress from "./progress.css";
import scores from "./scores.css";
import scrubber from "./scrubber.css";
import stage from "./stage.css";
import sticker from "./sticker.css";
import theatre from "./theatre.css";
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
  guess,
  sticker,
  held,
  scrubber,
  progress,
  trainer,
  explorer,
  theatre,
  booth,
].join("\n");
