/** Answers one question at a time; of those that come meanwhile, the latest alone. */
export class LatestOnly<Question> {
  readonly #answer: (question: Question) => Promise<void>;
  #wanted: { readonly question: Question } | undefined;
  #answering: Promise<void> | undefined;

  constructor(answer: (question: Question) => Promise<void>) {
    this.#answer = answer;
  }

  /** @returns when the latest question is answered; rejects with what it failed with */
  ask(question: Question): Promise<void> {
    this.#wanted = { question };
    return this.rest();
  }

  /** Resolves when nothing is left to answer. */
  rest(): Promise<void> {
    this.#answering ??= this.#wanted ? this.#answerAll() : undefined;
    return this.#answering ?? Promise.resolve();
  }

  /** Forgets the question that waits. @returns it */
  drop(): Question | undefined {
    const dropped = this.#wanted?.question;
    this.#wanted = undefined;
    return dropped;
  }

  async #answerAll(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    // cleared in the same turn as the last look at #wanted: a question that comes then begins anew
    while (this.#wanted) {
      const { question } = this.#wanted;
      this.#wanted = undefined;
      failure = await this.#answer(question).then(
        () => undefined,
        (error) => ({ error }),
      );
    }
    this.#answering = undefined;
    if (failure) throw failure.error;
  }
}
