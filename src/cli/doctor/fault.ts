/** What is wrong with a machine, in a sentence, and the command that mends it. */
export class Fault extends Error {
  constructor(
    message: string,
    readonly fix: string,
  ) {
    super(message);
  }
}
