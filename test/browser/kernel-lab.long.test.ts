import { inFrontEnd } from "./kernel-front-end.js";

inFrontEnd("lab", { walkthroughs: ["2-deep-dive", "3-map-interpretation"], byHand: false });
