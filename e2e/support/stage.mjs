// Where a test file plays: a house and a browser, there before its tests and gone after them.
import { after, before } from 'node:test';
import { launch, person } from './browser.mjs';

// `prepare` runs once the house stands; each person has a browser window with cookies of its own.
export function stage(house, prepare = async () => {}) {
  let browser;
  before(async () => {
    browser = await launch();
    await house.start();
    await prepare();
  });
  after(async () => {
    await browser?.close();
    await house.remove();
  });
  return {
    person: (options) => person(browser, options),
    window: (options) => browser.newContext(options),
  };
}
