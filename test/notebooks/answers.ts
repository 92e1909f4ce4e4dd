/** For each exercise a wrong answer and the right one, as a reader may type them into the lesson. */
export type Answers = Readonly<Record<string, { readonly wrong: string; readonly right: string }>>;

export const ANSWERS = {
  "1-basic": {
    "second choice": { wrong: '"camera"', right: "predictions[1].label" },
    "left for the rest": { wrong: "0.5", right: "1 - predictions[0].probability" },
    "the camera hidden": { wrong: "0.1", right: "(await guess.reveal(), guess.results[0].after)" },
    columns: { wrong: "224", right: "7" },
    "strongest place": { wrong: "0.2", right: "0.79" },
    passes: { wrong: "49", right: "1" },
  },
  "2-deep-dive": {
    "price of a black box": { wrong: "2", right: "201" },
    "strongest class": { wrong: '"tabby"', right: '"Egyptian cat"' },
    numbers: { wrong: "true", right: "false" },
    seeds: { wrong: "2", right: "1" },
    "converged after": { wrong: "1000", right: "512" },
  },
  "3-map-interpretation": {
    "sure and wrong": {
      wrong: '"camera.png"',
      right: 'cases.find((one) => one.case.startsWith("false positive, high"))?.image ?? "none"',
    },
    "tripod lost": { wrong: "0.1", right: "tripod.before[0].probability - tripod.after[0].probability" },
    enough: { wrong: "true", right: "false" },
    "without the cap": { wrong: '"military uniform"', right: "withoutCap.after[0].label" },
    "who gains": { wrong: "0.36", right: "0.66" },
  },
  "4-auditing": {
    "lower end": { wrong: "0.97", right: "0.93" },
    "least accurate": { wrong: "1", right: "0.75" },
    flagged: { wrong: '["boat", "cup"]', right: '["boat"]' },
    "with the corner": { wrong: "0.5", right: "proof.added.effect.value" },
    "covered elsewhere": { wrong: "1", right: "0" },
    "honest, fooled": { wrong: "8", right: "0" },
    "false alarms": { wrong: "1", right: "0" },
  },
  "5-measuring": {
    "edges pointing": { wrong: "0.5", right: "15 / 16" },
    "blob pointing": { wrong: "0.1", right: "13 / 16" },
    "best share": { wrong: '"guided-backprop"', right: '"feature-ablation"' },
    "beautiful, a fifth gone": { wrong: "0.28", right: "0.99" },
    "did not notice": { wrong: '"recipro-cam"', right: '"guided-backprop"' },
    "ruled out": { wrong: '"guided-backprop"', right: '"activation-map"' },
    "error by chance": { wrong: "0", right: "0.06" },
  },
  "6-for-and-against": {
    "heaviest for tree": { wrong: "0.13", right: "0.37" },
    "all evidence": { wrong: "3", right: 'sumsOf(many.map("tree")).length' },
    "without the boat": { wrong: "0.34", right: "0.04" },
    "against a clear no": { wrong: "1", right: "sumOf(-1) / sumOf(1)" },
    "first of a dozen": { wrong: "0.49", right: "0.44" },
  },
  "7-teach-and-catch": {
    "hidden boats": { wrong: "30", right: "pictures.filter(({ foreground }) => foreground).length" },
    accuracy: { wrong: "0.9", right: "taught.accuracy" },
    "lower end": { wrong: "1", right: "taught.interval[0]" },
    "without the map's region": { wrong: "0.9", right: '(await guess.reveal(), guess.get("answer")[0].map.after)' },
    fooled: { wrong: "0", right: "proof!.models[0].turned" },
    "the other half": { wrong: "20", right: "recognised.filter(Boolean).length" },
    control: { wrong: "1", right: "taught.findings[0].null.value" },
    "marked cups, mended": { wrong: "0", right: 'rows[1]["marked cups right"]' },
    "the price": { wrong: "false", right: "mended.accuracy < taught.accuracy" },
  },
  "8-open-the-algorithm": {
    "best mask": { wrong: "2", right: "Math.max(...heard)" },
    "best row": { wrong: "1", right: "Math.floor(best(worth(0, 400)) / 8) + 1" },
    apart: { wrong: "-1", right: "Number(halves.at(-1)!.apart)" },
    gains: { wrong: "64", right: "losses.filter((loss) => loss < 0).length" },
    "same place": { wrong: "9", right: "(best(votes.data) % 8) + 1" },
    "the gap": { wrong: "-1", right: "Math.abs(climbed.reduce((a, b) => a + b) - rise)" },
    arrived: { wrong: "0.5", right: "1" },
  },
  "9-what-did-it-learn": {
    crops: { wrong: "24", right: "600" },
    "concept 1": { wrong: '"sail"', right: '"mark"' },
    changed: { wrong: "0.5", right: "1" },
    "changed by chance": { wrong: "1", right: "0" },
    pasted: { wrong: '"house"', right: '"boat"' },
    "taken away": { wrong: '"boat"', right: '"house"' },
    "at the mark": { wrong: "10", right: "0" },
    "without a speaker": { wrong: '"house"', right: '"fish"' },
  },
} satisfies Readonly<Record<string, Answers>>;

/** The lessons, by the names of their files. */
export type Lesson = keyof typeof ANSWERS;
