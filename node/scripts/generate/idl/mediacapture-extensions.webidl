// https://w3c.github.io/mediacapture-extensions/
partial dictionary MediaTrackConstraintSet {
  ConstrainBoolean voiceIsolation;
};
