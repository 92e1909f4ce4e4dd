/** Columns that have a plainer name than their own. */
const TITLES: Readonly<Record<string, string>> = {
  noted: "noted by",
  border_share: "evidence at the border",
  mask_share: "evidence on the mask",
  second: "second class",
  second_probability: "probability of the second class",
  truth_probability: "probability of the truth",
  peak_x: "peak, from the left",
  peak_y: "peak, from the top",
  sha256: "SHA-256",
};

/** What a column is called on the page. */
export const columnTitle = (name: string): string =>
  Object.hasOwn(TITLES, name) ? TITLES[name] : name.replaceAll("_", " ");
