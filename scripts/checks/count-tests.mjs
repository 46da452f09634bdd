// Prints the last line of .ci/run: how many tests passed, failed and were skipped, according to reports of vitest's JSON reporter.
//
//   node scripts/checks/count-tests.mjs REPORT.json...
import { existsSync, readFileSync } from 'node:fs';

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const path of process.argv.slice(2).filter((it) => existsSync(it))) {
  /** @type {import('vitest/reporters').JsonTestResults} */
  const report = JSON.parse(readFileSync(path, 'utf8'));
  counts.passed += report.numPassedTests;
  // A file that can't be loaded is reported as failed, but without tests.
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  counts.failed += report.numFailedTests + unloaded.length;
  counts.skipped += report.numPendingTests + report.numTodoTests;
}
console.log(`signwave: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
