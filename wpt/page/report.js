// Stands for /resources/testharnessreport.js: results go to the runner, not onto a page.
/* global setup, add_result_callback, add_completion_callback */
(() => {
  const report = globalThis[Symbol.for('visavis.wpt.report')];
  const statuses = ['PASS', 'FAIL', 'TIMEOUT', 'NOTRUN', 'PRECONDITION_FAILED'];
  const plain = (test) => ({ name: test.name, status: statuses[test.status], message: test.message ?? null });
  setup({ output: false });

  // Promise tests wait for each other. One that never ends would take all that follow with it, which says nothing of
  // those: each gets its time (PATIENCE, in ms), and those that are known to wait in vain (SUBTEST) are not begun.
  const { patience, leftOut } = globalThis[Symbol.for('visavis.wpt.promiseTests')];
  const begin = globalThis.promise_test;
  globalThis.promise_test = (body, name, properties) => {
    const bounded = (t) => {
      if (leftOut.has(name)) throw new Error('not begun, as it is listed to be left out');
      const timer = setTimeout(() => t.timeout(), patience);
      t.add_cleanup(() => clearTimeout(timer));
      return body(t);
    };
    return begin(bounded, name, properties);
  };

  add_result_callback((test) => report({ kind: 'subtest', ...plain(test) }));
  add_completion_callback((tests, harness) => {
    const status = ['OK', 'ERROR', 'TIMEOUT', 'PRECONDITION_FAILED'][harness.status];
    report({ kind: 'complete', subtests: tests.map(plain), harness: { status, message: harness.message ?? null } });
  });
})();
