// The button beside the developer menu that asks the engine why a check ended as it did. What it shows is loaded when it is pressed.

import { lazy, Suspense, useId, useRef, useState } from 'react';
import { explainTexts as words } from './texts.ts';

const ExplanationPanel = lazy(() => import('./panel.tsx'));

export function Why({ sessionId }: { readonly sessionId: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const title = useId();
  function show(): void {
    dialog.current?.showModal();
    setOpen(true);
  }
  return (
    <>
      <button type="button" className="developer-open" aria-haspopup="dialog" onClick={show}>
        {words.open}
      </button>
      <dialog className="developer explain" ref={dialog} aria-labelledby={title} onClose={() => setOpen(false)}>
        <header>
          <h2 id={title}>{words.title}</h2>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {words.close}
          </button>
        </header>
        <p className="quiet">{words.intro}</p>
        {open && (
          <Suspense fallback={<p role="status">{words.loading}</p>}>
            <ExplanationPanel key={sessionId} sessionId={sessionId} />
          </Suspense>
        )}
      </dialog>
    </>
  );
}
