/**
 * Goes before JupyterLite's service worker: answers get the headers that isolate the page (COOP, COEP), so that its second
 * visit has shared memory, and with it threads and interrupts of loops, on servers that do not send them.
 */
{
  const network = globalThis.fetch.bind(globalThis);
  /** Statuses that have no body. */
  const EMPTY = [101, 204, 205, 304];
  globalThis.fetch = async (request, init) => {
    const answer = await network(request, init);
    if (answer.status === 0 || answer.type === "opaque") return answer;
    const headers = new Headers(answer.headers);
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cross-Origin-Embedder-Policy", "require-corp");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    const { status, statusText } = answer;
    return new Response(EMPTY.includes(status) ? null : answer.body, { status, statusText, headers });
  };
}

export {};
