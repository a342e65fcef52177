// What the tests of one file stand on: a server and a browser, there before the first and gone after the last, and
// pages of their own for the tests.

import { after, before, test } from 'node:test';
import { launch, openPage, picture } from './browser.mjs';
import { startServer } from './server.mjs';
import { HEADING, seeHeading } from './steps.mjs';

/** Called once at the top of a file. `server` and `browser` are there when a test runs; `usual` is for every page. */
export function openStage(usual = {}) {
  const stage = { open, scenario };
  before(async () => {
    stage.server = await startServer();
    stage.browser = await launch();
  });
  after(async () => {
    await stage.browser?.close();
    await stage.server?.stop();
  });

  /** A page with storage of its own. `aws`: it may ask the AWS endpoint, where pictures are; the rest is `openPage`'s. */
  function open(options = {}) {
    const { aws = false, expect = [], ...others } = { ...usual, ...options };
    const allowed = aws ? { also: [stage.server.aws], expect: ['aws', ...expect] } : { expect };
    return openPage(stage.browser, stage.server.url, { ...allowed, ...others });
  }

  /** One case: a page on its first screen, what is done there, and afterwards the look at what must not have happened. */
  function scenario(name, options, run) {
    test(name, { timeout: 240_000 }, async () => {
      const opened = await open(options);
      try {
        await opened.page.goto(stage.server.url);
        await seeHeading(opened.page, HEADING.ready);
        await run(opened.page);
        await opened.check();
      } catch (failure) {
        await picture(opened.page, `failed-${name.replace(/\W+/g, '-')}`).catch(() => undefined);
        throw failure;
      } finally {
        // A page left over would go on drawing and streaming beside the next case.
        await opened.page.context().close();
      }
    });
  }

  return stage;
}
