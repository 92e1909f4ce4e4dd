import { inFrontEnd } from "./kernel-front-end.js";

inFrontEnd("notebook", { walkthroughs: ["1-basic", "2-deep-dive", "3-map-interpretation"], byHand: true });
