// Stands for /resources/testharnessreport.js: results go to the runner, not onto a page.
/* global setup, add_result_callback, add_completion_callback */
(() => {
  const report = globalThis[Symbol.for('visavis.wpt.report')];
  const statuses = ['PASS', 'FAIL', 'TIMEOUT', 'NOTRUN', 'PRECONDITION_FAILED'];
  const plain = (test) => ({ name: test.name, status: statuses[test.status], message: test.message ?? null });
  setup({ output: false });
  add_result_callback((test) => report({ kind: 'subtest', ...plain(test) }));
  add_completion_callback((tests, harness) => {
    const status = ['OK', 'ERROR', 'TIMEOUT', 'PRECONDITION_FAILED'][harness.status];
    report({ kind: 'complete', subtests: tests.map(plain), harness: { status, message: harness.message ?? null } });
  });
})();
