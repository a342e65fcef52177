// Header, main and footer around every screen.

import type { ReactNode } from 'react';
import { texts } from '../texts.ts';

interface PageProps {
  readonly children: ReactNode;
  /** The detector needs the width for the camera picture. */
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
