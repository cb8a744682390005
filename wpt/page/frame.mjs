// `<iframe srcdoc>`: a window of its own in the same realm, for tests that need two windows and nothing of a browser
// between them. What is not the frame's own is the page's.
import { tokens } from './html.mjs';

const OWN = ['window', 'self', 'frames'];

export function loadFrame(frame, srcdoc) {
  const target = new EventTarget();
  const view = Object.create(globalThis);
  const own = {
    parent: globalThis,
    top: globalThis,
    frameElement: frame,
    onmessage: null,
    // The page's harness is none of the frame's.
    assert_equals: undefined,
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
    postMessage: (message) => post(message, (event) => {
      view.onmessage?.call(view, event);
      target.dispatchEvent(event);
    }),
  };
  for (const name of OWN) own[name] = view;
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(view, name, { value, writable: true, configurable: true, enumerable: true });
  }
  for (const token of tokens(srcdoc)) {
    if (token.open === 'script') new Function('view', `with (view) { ${token.content} }`)(view);
  }
  return view;
}

/** A copy of `message` comes as an event, in a task. */
export function post(message, deliver) {
  const data = structuredClone(message);
  setImmediate(() => deliver(new MessageEvent('message', { data, origin: globalThis.location.origin, source: null })));
}
