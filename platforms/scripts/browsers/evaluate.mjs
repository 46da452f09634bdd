// Open a page in a browser and print an expression's value once there is one: BROWSER URL EXPRESSION. A process of its own, since
// Firefox's driver needs a newer Node than the rest of the repository.
import { evaluateInChromium } from './chromium.mjs';
import { evaluateInFirefox } from './firefox.mjs';
import { evaluateInWebKit } from './webkit.mjs';

const BROWSERS = { chromium: evaluateInChromium, firefox: evaluateInFirefox, webkit: evaluateInWebKit };

const [browser, url, expression] = process.argv.slice(2);
console.log(JSON.stringify(await BROWSERS[browser](url, expression)));
