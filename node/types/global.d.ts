// `visavis/global` makes the interfaces globals, which TypeScript knows with its own declarations of the DOM.

/// <reference lib="dom" />

export {};
