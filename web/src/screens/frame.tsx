// The frame of every screen: one card with one heading. When a screen appears its heading takes the focus, so
// that a screen reader reads what changed and the keyboard starts in the right place.

import { type ReactNode, useEffect, useRef } from 'react';
import { texts } from '../texts.ts';
import { type Glyph, Icon } from './icon.tsx';

interface FrameProps {
  readonly title: string;
  readonly icon?: Glyph;
  readonly tone?: 'calm' | 'good' | 'careful';
  readonly children: ReactNode;
}

export function Frame({ title, icon, tone = 'calm', children }: FrameProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${texts.product}`;
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [title]);
  return (
    <section className="card" aria-labelledby="screen-title">
      {icon !== undefined && <Icon glyph={icon} tone={tone} />}
      <h1 id="screen-title" ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </section>
  );
}

/** A screen that waits for something: the words are announced, the movement stops for people who asked for less of it. */
export function Waiting({ title, body }: { readonly title: string; readonly body: string }) {
  return (
    <Frame title={title}>
      <p className="lead" role="status">
        {body}
      </p>
      <div className="progress" aria-hidden="true">
        <span />
      </div>
    </Frame>
  );
}

/** The two ways on, always of the same size: the other way is an equal choice, not a way out. */
export function Actions({ children }: { readonly children: ReactNode }) {
  return <div className="actions">{children}</div>;
}
