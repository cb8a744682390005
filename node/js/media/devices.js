'use strict';

const { randomUUID } = require('node:crypto');
const { create, implement } = require('../webidl/registry.js');
const { overconstrained, restrict } = require('./constraints.js');
const { Stream } = require('./stream.js');
const { Track } = require('./track.js');

/** Resolutions of the camera, the usual one first; others are cropped and scaled. */
const RESOLUTIONS = [
  [640, 480],
  [320, 240],
  [1280, 720],
  [1920, 1080],
];

/**
 * A synthetic device: a tone or a test pattern, described by settings.
 *
 * No frames flow yet: tracks of it negotiate, and can be constrained, cloned and stopped.
 */
class Device {
  constructor(kind, label, groupId, properties) {
    const deviceId = randomUUID();
    this.kind = kind;
    this.label = label;
    this.deviceId = deviceId;
    this.groupId = groupId;
    this.properties = { ...properties, deviceId: fixed(deviceId), groupId: fixed(groupId) };
  }

  get mediaKind() {
    return this.kind === 'audioinput' ? 'audio' : 'video';
  }

  /** MediaTrackCapabilities */
  capabilities() {
    const entries = Object.entries(this.properties).map(([name, { range, values, isSingle }]) => [
      name,
      range ? { ...range } : isSingle ? values[0] : [...values],
    ]);
    return Object.fromEntries(entries);
  }

  /**
   * The settings under constraints.
   *
   * @throws OverconstrainedError
   */
  settingsFor(constraints, before) {
    const settings = restrict(this.properties, constraints, before);
    return this.mediaKind === 'video' ? withResolution(settings, constraints) : settings;
  }

  /** A new track of it; throws an OverconstrainedError. */
  open(constraints) {
    const settings = this.settingsFor(constraints, {});
    const source = { kind: this.mediaKind, label: this.label, isMuted: false, device: this };
    return Track.of(source, { constraints, settings });
  }
}

/** Without cropping and scaling only the camera's own resolutions can be had, and they have their aspect ratio. */
function withResolution(settings, { width, height, resizeMode }) {
  const isOwn = ([ownWidth, ownHeight]) => ownWidth === settings.width && ownHeight === settings.height;
  if (!RESOLUTIONS.some(isOwn) && settings.resizeMode === 'none') {
    if (resizeMode?.exact === undefined) settings.resizeMode = 'crop-and-scale';
    else if (exactly(width, 0) || exactly(height, 1)) throw overconstrained(exactly(width, 0) ? 'width' : 'height');
    else [settings.width, settings.height] = nearest(settings);
  }
  return { ...settings, aspectRatio: settings.width / settings.height };
}

/** Whether a width or height is demanded that no resolution has. */
function exactly(constraint, index) {
  const value = constraint?.exact;
  return value !== undefined && !RESOLUTIONS.some((resolution) => resolution[index] === value);
}

function nearest({ width, height }) {
  const distance = ([ownWidth, ownHeight]) => Math.abs(ownWidth - width) + Math.abs(ownHeight - height);
  return RESOLUTIONS.reduce((best, next) => (distance(next) < distance(best) ? next : best));
}

const range = (min, max, initial) => ({ range: { min, max }, initial });
const oneOf = (values, initial = values[0]) => ({ values, initial });
const fixed = (value) => ({ values: [value], initial: value, isSingle: true });

/** One microphone and one camera for each JavaScript environment. */
function makeDevices() {
  const groupId = randomUUID();
  return [
    new Device('audioinput', 'Synthetic tone', groupId, {
      sampleRate: range(8000, 48000, 48000),
      sampleSize: range(16, 16, 16),
      echoCancellation: oneOf([false]),
      autoGainControl: oneOf([false]),
      noiseSuppression: oneOf([false]),
      voiceIsolation: oneOf([false]),
      latency: range(0.01, 0.06, 0.02),
      channelCount: range(1, 2, 1),
    }),
    new Device('videoinput', 'Synthetic pattern', groupId, {
      width: range(1, 1920, 640),
      height: range(1, 1080, 480),
      aspectRatio: range(1 / 1080, 1920, 4 / 3),
      frameRate: range(1, 60, 30),
      facingMode: oneOf(['user']),
      resizeMode: oneOf(['none', 'crop-and-scale']),
    }),
  ];
}

const unknown = { deviceId: '', groupId: '', label: '', capabilities: () => ({}) };

/** https://www.w3.org/TR/mediacapture-streams/#mediadevices */
class MediaDevices {
  #devices = makeDevices();
  /** Kinds that were captured: of other devices a script learns that there is one, and nothing else. */
  #captured = new Set();

  async enumerateDevices() {
    return this.#devices.map((device) =>
      this.#captured.has(device.kind)
        ? create('InputDeviceInfo', new InputDeviceInfo(device))
        : create('InputDeviceInfo', new InputDeviceInfo({ ...unknown, kind: device.kind })),
    );
  }

  getSupportedConstraints() {
    const names = this.#devices.flatMap((device) => Object.keys(device.properties));
    return Object.fromEntries([...new Set(names)].map((name) => [name, true]));
  }

  async getUserMedia({ audio, video }) {
    // https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia, step 3.
    if (audio === false && video === false) throw new TypeError('At least one of audio and video must be requested.');
    const tracks = [];
    for (const [kind, constraints] of Object.entries({ audio, video })) {
      if (constraints === false) continue;
      const device = this.#devices.find(({ mediaKind }) => mediaKind === kind);
      tracks.push(device.open(constraints === true ? {} : constraints).object);
    }
    for (const { kind } of tracks) this.#captured.add(`${kind}input`);
    return create('MediaStream', new Stream(null, tracks));
  }
}

/** https://www.w3.org/TR/mediacapture-streams/#device-info */
class MediaDeviceInfo {
  constructor(device) {
    this.device = device;
    this.deviceId = device.deviceId;
    this.kind = device.kind;
    this.label = device.label;
    this.groupId = device.groupId;
  }
}

class InputDeviceInfo extends MediaDeviceInfo {
  getCapabilities() {
    return this.device.capabilities();
  }
}

implement('MediaDevices', MediaDevices);
implement('MediaDeviceInfo', MediaDeviceInfo);
implement('InputDeviceInfo', InputDeviceInfo);

module.exports = { MediaDevices };
