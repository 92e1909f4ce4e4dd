/** Whether a model's note holds for each of its answers and maps, so that every explanation repeats it. */
export const isCaveat = (note: string): boolean =>
  /^the model (draws random numbers|computes in 16 bits|is quantised)\b/.test(note);
