// The last resort: when a part of the page cannot be loaded or throws, a screen that says so instead of an
// empty page. A reload is the right answer, because the verification is taken up again after it.

import { Component, type ReactNode } from 'react';
import { texts } from '../texts.ts';
import { Actions, Frame } from './frame.tsx';

interface BoundaryProps {
  readonly children: ReactNode;
  /** What is shown instead. */
  readonly fallback: ReactNode;
}

export class Boundary extends Component<BoundaryProps, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}

export function BrokenScreen() {
  return (
    <Frame title={texts.broken.title} icon="cloud" tone="careful">
      <p className="lead">{texts.broken.body}</p>
      <ReloadAction />
    </Frame>
  );
}

export function ReloadAction() {
  return (
    <Actions>
      <button type="button" className="button primary" onClick={() => window.location.reload()}>
        {texts.broken.again}
      </button>
    </Actions>
  );
}
