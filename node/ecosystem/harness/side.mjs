// One side of a test: a program in a Node.js process of its own, or in a page of Chromium.
//
// A program defines `globalThis.program`, an object of functions that the test calls with JSON values, and reports with
// `emit({ type, ... })`. Neither knows which side it runs on.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { bundle } from './bundle.mjs';
import { within } from './deadline.mjs';

/** What both kinds of sides have in common: events that are never lost, and calls that end when the side ends. */
class Side {
  #events = [];
  #waiting = [];
  #listeners = new Map();
  #failed;
  #failure = new Promise((_, reject) => { this.#failed = reject; });

  constructor(name) {
    this.name = name;
    this.#failure.catch(() => {});
  }

  /** `promise`, unless the side fails or the deadline comes first. */
  soon(promise, what) {
    return within(Promise.race([promise, this.#failure]), () => `${this.name}: no ${what()}`);
  }

  fail(reason) {
    this.#failed(new Error(`${this.name}: ${reason}`));
  }

  arrived(event) {
    const listener = this.#listeners.get(event.type);
    if (listener) {
      listener(event);
      return;
    }
    const at = this.#waiting.findIndex(({ accepts }) => accepts(event));
    if (at >= 0) this.#waiting.splice(at, 1)[0].resolve(event);
    else this.#events.push(event);
  }

  /** Gives all events of `type` to `listener`, those that are here already first. */
  on(type, listener) {
    this.#listeners.set(type, listener);
    const waiting = this.#events.filter((event) => event.type === type);
    this.#events = this.#events.filter((event) => event.type !== type);
    waiting.forEach(listener);
  }

  /** Takes the first event of `type`, now or when it comes. */
  next(type) {
    const accepts = (event) => event.type === type;
    const at = this.#events.findIndex(accepts);
    if (at >= 0) return Promise.resolve(this.#events.splice(at, 1)[0]);
    const event = new Promise((resolve) => { this.#waiting.push({ accepts, resolve }); });
    return this.soon(event, () => `'${type}', but ${JSON.stringify(this.#events)}`);
  }

  /** The events of `type` that are here and not taken. */
  pending(type) {
    return this.#events.filter((event) => event.type === type);
  }
}

/** A program in a process of its own. */
class NodeSide extends Side {
  #child;
  #calls = new Map();
  #last = 0;
  #closing = false;

  constructor(name, child) {
    super(name);
    this.#child = child;
    child.on('message', ({ event, answer, ok, error }) => {
      if (event) {
        this.arrived(event);
        return;
      }
      const call = this.#calls.get(answer);
      this.#calls.delete(answer);
      if (error === undefined) call.resolve(ok);
      else call.reject(new Error(`${name}: ${error}`));
    });
    child.on('exit', (code, signal) => {
      if (!this.#closing) this.fail(`ended with ${signal ?? code}`);
    });
  }

  call(operation, argument) {
    // Signals may still be under way when a test has ended.
    if (this.#closing) return new Promise(() => {});
    this.#last += 1;
    const id = this.#last;
    const answer = new Promise((resolve, reject) => { this.#calls.set(id, { resolve, reject }); });
    this.#child.send({ id, operation, argument });
    return this.soon(answer, () => `answer to ${operation}`);
  }

  /** Tells the process to end, and answers its exit code. */
  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    this.#closing = true;
    const end = once(this.#child, 'exit');
    this.#child.disconnect();
    try {
      return (await within(end, () => `${this.name} does not end`))[0];
    } catch (error) {
      this.#child.kill('SIGKILL');
      throw error;
    }
  }
}

class PageSide extends Side {
  #page;
  #closing = false;

  constructor(name, page) {
    super(name);
    this.#page = page;
    page.on('pageerror', (error) => this.fail(error.stack ?? String(error)));
  }

  call(operation, argument) {
    if (this.#closing) return new Promise(() => {});
    const answer = this.#page.evaluate(
      (operation, argument) => globalThis.program[operation](argument),
      operation,
      argument,
    );
    return this.soon(answer, () => `answer to ${operation}`);
  }

  async close() {
    this.#closing = true;
    await this.#page.close();
  }
}

/**
 * Starts a program in a Node.js process with visavis on globalThis.
 * @param {import('node:test').TestContext} t ends the process with the test
 * @param {string} program its name in programs/
 * @param {{ name?: string, navigator?: object }} [options] properties of `navigator`, as a browser has them
 */
export async function inNode(t, program, { name = program, navigator = {} } = {}) {
  const child = fork(new URL('./node-side.mjs', import.meta.url), [], { serialization: 'json' });
  const side = new NodeSide(`${name} (Node.js)`, child);
  t.after(() => side.close());
  child.send({ id: 0, code: await bundle(program), program, navigator });
  await side.next('ready');
  return side;
}

/**
 * Starts a program in a page.
 * @param {import('node:test').TestContext} t closes the page with the test
 * @param {{ page: () => Promise<import('puppeteer-core').Page> }} browser
 * @param {string} program its name in programs/
 */
export async function inPage(t, browser, program, { name = program } = {}) {
  const page = await browser.page();
  const side = new PageSide(`${name} (Chromium)`, page);
  t.after(() => side.close());
  await page.exposeFunction('emit', (event) => side.arrived(event));
  await page.addScriptTag({ content: await bundle(program) });
  return side;
}
