import { loadFrame } from './frame.mjs';

// A document without layout: a tree of elements that can be made, found, put in and taken out. Enough for
// testharness.js and the tests' helpers, and nothing that pretends to show anything.

class TreeNode extends EventTarget {
  parentNode = null;
  childNodes = [];
  get nodeName() {
    return this.constructor.name;
  }
  get ownerDocument() {
    return globalThis.document;
  }
  get parentElement() {
    return this.parentNode instanceof HTMLElement ? this.parentNode : null;
  }
  get firstChild() {
    return this.childNodes[0] ?? null;
  }
  get children() {
    return this.childNodes.filter((child) => child instanceof HTMLElement);
  }
  get textContent() {
    return this.childNodes.map((child) => child.textContent).join('');
  }
  set textContent(text) {
    this.childNodes = [];
    if (text !== '' && text !== null) this.appendChild(new Text(String(text)));
  }
  appendChild(child) {
    return this.insertBefore(child, null);
  }
  append(...children) {
    for (const child of children) this.appendChild(typeof child === 'string' ? new Text(child) : child);
  }
  insertBefore(child, before) {
    child.remove();
    const at = before === null ? -1 : this.childNodes.indexOf(before);
    this.childNodes.splice(at < 0 ? this.childNodes.length : at, 0, child);
    child.parentNode = this;
    child.inserted?.();
    return child;
  }
  removeChild(child) {
    const at = this.childNodes.indexOf(child);
    if (at < 0) throw new DOMException('The node is not a child of this node.', 'NotFoundError');
    this.childNodes.splice(at, 1);
    child.parentNode = null;
    return child;
  }
  remove() {
    this.parentNode?.removeChild(this);
  }
  *descendants() {
    for (const child of this.children) {
      yield child;
      yield* child.descendants();
    }
  }
  getElementsByTagName(name) {
    return [...this.descendants()].filter((element) => name === '*' || element.localName === name.toLowerCase());
  }
  querySelectorAll(selector) {
    const simple = /^([\w-]*)(?:#([\w-]+))?$/.exec(selector.trim());
    if (!simple) throw new DOMException(`This document knows no selector like ${selector}.`, 'SyntaxError');
    const [, name, id] = simple;
    return [...this.descendants()].filter((element) => (!name || element.localName === name) && (!id || element.id === id));
  }
  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }
}

class Text extends TreeNode {
  nodeType = 3;
  constructor(data) {
    super();
    this.data = data;
  }
  get textContent() {
    return this.data;
  }
}

class HTMLElement extends TreeNode {
  nodeType = 1;
  namespaceURI = 'http://www.w3.org/1999/xhtml';
  style = {};
  #attributes = new Map();
  constructor(localName) {
    super();
    this.localName = localName;
  }
  get tagName() {
    return this.localName.toUpperCase();
  }
  get id() {
    return this.getAttribute('id') ?? '';
  }
  set id(value) {
    this.setAttribute('id', value);
  }
  get name() {
    return this.getAttribute('name') ?? '';
  }
  get content() {
    return this.getAttribute('content') ?? '';
  }
  get src() {
    return this.getAttribute('src') ?? '';
  }
  set src(value) {
    this.setAttribute('src', value);
  }
  get innerHTML() {
    return this.textContent;
  }
  set innerHTML(text) {
    this.textContent = text;
  }
  getAttribute(name) {
    return this.#attributes.get(name) ?? null;
  }
  hasAttribute(name) {
    return this.#attributes.has(name);
  }
  setAttribute(name, value) {
    this.#attributes.set(name, String(value));
  }
  removeAttribute(name) {
    this.#attributes.delete(name);
  }
}

/**
 * A sink of our own tracks. It tells of frames when frames come, and as yet none do: it stays at HAVE_NOTHING,
 * fires no loadedmetadata, and play() stays pending, as an element does whose stream is silent.
 */
class HTMLMediaElement extends HTMLElement {
  #stream = null;
  #pending = [];
  autoplay = false;
  muted = false;
  controls = false;
  playsInline = false;
  volume = 1;
  paused = true;
  ended = false;
  readyState = 0;
  currentTime = 0;
  error = null;
  get srcObject() {
    return this.#stream;
  }
  set srcObject(stream) {
    if (stream !== null && !(stream instanceof globalThis.MediaStream)) {
      throw new TypeError('srcObject is a MediaStream or null.');
    }
    this.#stream = stream;
    this.#abort('The element got another source.');
  }
  play() {
    this.paused = false;
    return new Promise((_, reject) => this.#pending.push(reject));
  }
  pause() {
    this.paused = true;
    this.#abort('The element was paused.');
  }
  load() {
    this.#abort('The element loads anew.');
  }
  #abort(why) {
    for (const reject of this.#pending.splice(0)) reject(new DOMException(why, 'AbortError'));
  }
}

class HTMLVideoElement extends HTMLMediaElement {
  width = 0;
  height = 0;
  videoWidth = 0;
  videoHeight = 0;
  constructor() {
    super('video');
  }
}

class HTMLAudioElement extends HTMLMediaElement {
  constructor() {
    super('audio');
  }
}

/** Without a context and without captureStream: the tests' helpers then take getUserMedia's tracks. */
class HTMLCanvasElement extends HTMLElement {
  width = 300;
  height = 150;
  constructor() {
    super('canvas');
  }
  getContext() {
    return null;
  }
}

/** Only with `srcdoc`; everything else needs a browser. */
class HTMLIFrameElement extends HTMLElement {
  contentWindow = null;
  srcdoc = '';
  constructor() {
    super('iframe');
  }
  inserted() {
    if (this.srcdoc === '') return;
    setImmediate(() => {
      this.contentWindow = loadFrame(this, this.srcdoc);
      this.dispatchEvent(new Event('load'));
    });
  }
}

for (const handler of ['loadedmetadata', 'loadeddata', 'canplay', 'playing', 'play', 'pause', 'ended', 'resize', 'error']) {
  handlerAttribute(HTMLMediaElement.prototype, handler);
}

/** `on…` as an accessor that is a listener. */
function handlerAttribute(prototype, type) {
  const handlers = new WeakMap();
  Object.defineProperty(prototype, `on${type}`, {
    configurable: true,
    enumerable: true,
    get() {
      return handlers.get(this) ?? null;
    },
    set(handler) {
      if (!handlers.has(this)) this.addEventListener(type, (event) => handlers.get(this)?.call(this, event));
      handlers.set(this, typeof handler === 'function' ? handler : null);
    },
  });
}

handlerAttribute(HTMLIFrameElement.prototype, 'load');

class Document extends TreeNode {
  nodeType = 9;
  readyState = 'loading';
  hidden = false;
  visibilityState = 'visible';
  constructor() {
    super();
    this.documentElement = this.appendChild(new HTMLElement('html'));
    this.head = this.documentElement.appendChild(new HTMLElement('head'));
    this.body = this.documentElement.appendChild(new HTMLElement('body'));
  }
  get defaultView() {
    return globalThis;
  }
  get location() {
    return globalThis.location;
  }
  get URL() {
    return globalThis.location.href;
  }
  get title() {
    return this.querySelector('title')?.textContent ?? '';
  }
  hasFocus() {
    return true;
  }
  createElement(name) {
    const localName = String(name).toLowerCase();
    const made = { video: HTMLVideoElement, audio: HTMLAudioElement, canvas: HTMLCanvasElement, iframe: HTMLIFrameElement }[
      localName
    ];
    return made ? new made() : new HTMLElement(localName);
  }
  createElementNS(_, name) {
    return this.createElement(name);
  }
  createTextNode(data) {
    return new Text(data);
  }
  getElementById(id) {
    for (const element of this.descendants()) if (element.id === id) return element;
    return null;
  }
}

export const interfaces = {
  Document,
  HTMLElement,
  HTMLMediaElement,
  HTMLVideoElement,
  HTMLAudioElement,
  HTMLCanvasElement,
  HTMLIFrameElement,
  Text,
};
