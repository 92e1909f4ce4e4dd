/// <reference lib="esnext.disposable" preserve="true" />

/** Types of the host that public signatures name: they merge with those of Node or a browser where either is declared. */
declare global {
  interface AbortSignal {}
  interface URL {}
}

export {};
