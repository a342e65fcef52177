// Header, main and footer around every screen.

import type { ReactNode } from 'react';
import { texts } from '../texts.ts';

interface PageProps {
  readonly children: ReactNode;
  /** For the first screen's two columns and the detector's camera picture, where there is room. */
  readonly wide?: boolean;
}

export function Page({ children, wide = false }: PageProps) {
  return (
    <div className={wide ? 'page page-wide' : 'page'}>
      <a className="skip" href="#content">
        {texts.skip}
      </a>
      <header className="top">
        <img src="/favicon.svg" alt="" width="28" height="28" />
        <span>{texts.product}</span>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <footer className="bottom">{texts.footer}</footer>
    </div>
  );
}
