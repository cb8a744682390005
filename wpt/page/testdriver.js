// Stands for /resources/testdriver-vendor.js: the one automation that these tests need and that a process without a
// browser has. Whatever runs here may use the (synthetic) devices, so only "granted" is true.
/* global test_driver_internal */
(() => {
  test_driver_internal.set_permission = async ({ state }) => {
    if (state !== 'granted') throw new Error('set_permission not implemented: only granted');
  };
})();
