import { describeLessonPages } from "./lesson-pages.js";

describeLessonPages([
  "2-deep-dive",
  "3-map-interpretation",
  "4-auditing",
  "5-measuring",
  "6-for-and-against",
  "7-teach-and-catch",
  "8-open-the-algorithm",
  "9-what-did-it-learn",
]);
