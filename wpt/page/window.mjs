// The global object of a page, made of a Node process's: what testharness.js and the tests expect of a window, as far
// as a process can be one.
import { interfaces } from './document.mjs';
import { post } from './frame.mjs';

class Window extends EventTarget {}

class Navigator {
  userAgent = `Node.js/${process.versions.node}`;
}

class ErrorEvent extends Event {
  constructor(type, { message = '', filename = '', lineno = 0, colno = 0, error = null, ...init } = {}) {
    super(type, init);
    Object.assign(this, { message, filename, lineno, colno, error });
  }
}

class PromiseRejectionEvent extends Event {
  constructor(type, { promise, reason, ...init }) {
    super(type, init);
    Object.assign(this, { promise, reason });
  }
}

class FileReader extends EventTarget {
  result = null;
  error = null;
  readAsArrayBuffer(blob) {
    this.#read(blob.arrayBuffer());
  }
  readAsText(blob) {
    this.#read(blob.text());
  }
  #read(promise) {
    promise.then(
      (result) => this.#end('load', { result }),
      (error) => this.#end('error', { error }),
    );
  }
  #end(type, outcome) {
    Object.assign(this, outcome);
    for (const name of [type, 'loadend']) {
      const event = new Event(name);
      this[`on${name}`]?.(event);
      this.dispatchEvent(event);
    }
  }
}

const target = new Window();

/** Fires an event at the window; its handler (`window.onload = …`) comes first. */
export function fire(event) {
  const handler = globalThis[`on${event.type}`];
  if (typeof handler === 'function') {
    // HTML, 8.1.8.1: an error handler takes five arguments.
    if (event.type === 'error') handler.call(globalThis, event.message, event.filename, event.lineno, event.colno, event.error);
    else handler.call(globalThis, event);
  }
  return target.dispatchEvent(event);
}

/** Tells the window of an exception that nobody caught. */
export function reportError(error) {
  const message = `Uncaught ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  fire(new ErrorEvent('error', { message, error, cancelable: true }));
}

/** Makes the global object a window at `url` whose files `checkout` brings. */
export function install(url, checkout) {
  offer({ Window, ErrorEvent, PromiseRejectionEvent, FileReader, ...interfaces });
  for (const name of ['window', 'self', 'parent', 'top', 'frames']) define(name, globalThis);
  define('opener', null);
  define('document', new interfaces.Document());
  define('location', url);
  define('origin', url.origin);
  define('isSecureContext', true);
  if (!('navigator' in globalThis)) define('navigator', new Navigator());
  for (const name of ['addEventListener', 'removeEventListener']) define(name, target[name].bind(target));
  define('dispatchEvent', fire);
  define('reportError', reportError);
  define('requestAnimationFrame', (callback) => setTimeout(() => callback(performance.now()), 16));
  define('cancelAnimationFrame', clearTimeout);
  define('postMessage', (message) => post(message, fire));
  define('fetch', async (resource) => {
    const text = checkout.read(new URL(resource, url));
    if (text === null) throw new TypeError(`There is no ${resource} in the checkout.`);
    return new Response(text);
  });
  process.on('uncaughtException', reportError);
  process.on('unhandledRejection', (reason, promise) => {
    fire(new PromiseRejectionEvent('unhandledrejection', { promise, reason, cancelable: true }));
  });
}

/** Gives the window interfaces that nobody brought before. */
export function offer(interfaces) {
  for (const [name, value] of Object.entries(interfaces)) if (!(name in globalThis)) define(name, value, false);
}

function define(name, value, enumerable = true) {
  Object.defineProperty(globalThis, name, { value, enumerable, configurable: true, writable: true });
}
