// Header, main and footer around the console, and what stands there when it cannot start.

import { type ReactNode, useEffect, useRef } from 'react';
import { reviewTexts as words } from './texts.ts';

interface ShellProps {
  readonly children: ReactNode;
  /** What stands on the right of the header. */
  readonly tools?: ReactNode;
}

export function Shell({ children, tools }: ShellProps) {
  return (
    <div className="page review">
      <a className="skip" href="#content">
        {words.skip}
      </a>
      <header className="top">
        <img src="/favicon.svg" alt="" width="28" height="28" />
        <span>{words.product}</span>
        <span className="review-name">{words.console}</span>
        <div className="review-tools">{tools}</div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <footer className="bottom">{words.footer}</footer>
    </div>
  );
}

/** The heading of a view. It takes the focus when the view appears, so that a screen reader reads where one is. */
export function Title({ children, id }: { readonly children: string; readonly id: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${children} · ${words.product}`;
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [children]);
  return (
    <h1 id={id} ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

export function Broken({ message }: { readonly message: { readonly title: string; readonly body: string } }) {
  return (
    <section className="card" aria-labelledby="broken-title">
      <Title id="broken-title">{message.title}</Title>
      <p className="lead">{message.body}</p>
      <div className="actions">
        <button type="button" className="button primary" onClick={() => window.location.reload()}>
          {words.reload}
        </button>
      </div>
    </section>
  );
}

/** The key of a button, shown on it. Hidden from screen readers, which are told by `aria-keyshortcuts`. */
export function Key({ children }: { readonly children: string }) {
  return (
    <span className="key" aria-hidden="true">
      {children}
    </span>
  );
}
