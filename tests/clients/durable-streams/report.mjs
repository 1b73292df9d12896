// Counts a vitest report as tests/run does: node report.mjs REPORT.json prints "# pass N" and "# fail N". A case that
// exceptions.json explains is no failure while it behaves as explained; one that passes by now is one, so that the
// explanations stay true.
import { readFileSync } from 'node:fs';

const expectedCases = 338;
const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const exceptions = JSON.parse(readFileSync(new URL('exceptions.json', import.meta.url), 'utf8'));
const cases = report.testResults.flatMap((file) => file.assertionResults);
const wrong = [];
if (cases.length !== expectedCases) wrong.push(`the suite has ${cases.length} cases instead of ${expectedCases}`);
for (const { fullName, status, failureMessages } of cases) {
  const expected = exceptions[fullName]?.status ?? 'passed';
  if (status !== expected) wrong.push(`${fullName}: ${status} instead of ${expected}\n${failureMessages?.[0] ?? ''}`);
}

for (const name of Object.keys(exceptions))
  if (!cases.some((one) => one.fullName === name)) wrong.push(`${name}: explained, but not in the suite`);
for (const line of wrong) console.log(`not ok - ${line}`);
const passed = cases.filter((one) => one.status === 'passed').length;
console.log(`# of ${cases.length} cases ${passed} passed and ${cases.length - passed} are explained or wrong`);
console.log(`# pass ${passed}\n# fail ${wrong.length}`);
process.exit(wrong.length === 0 ? 0 : 1);
