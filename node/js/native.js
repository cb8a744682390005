'use strict';

/** The addon: a build of this working copy, else the package for this platform. */
module.exports = require('../native/index.cjs');
