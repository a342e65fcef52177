// Amplify's unmodified FaceLivenessDetectorCore inside our page: it gets one session, and every callback of
// it becomes one event of the flow. It is mounted anew for each session, because it never reconnects by itself.

import { FaceLivenessDetectorCore } from '@aws-amplify/ui-react-liveness';
import { useEffect, useLayoutEffect, useRef } from 'react';
import type { Session } from '../api/answers.ts';
import type { DetectorError, Event } from '../flow/state.ts';
import { texts } from '../texts.ts';
import { cameraTroubleOf } from './camera-check.ts';
import './detector.css';
import { FlashNotice } from './flash-notice.tsx';

interface DetectorProps {
  readonly session: Session;
  readonly streamEndpoint: string | undefined;
  readonly send: (event: Event) => void;
}

const ERRORS: ReadonlySet<string> = new Set<DetectorError>([
  'CONNECTION_TIMEOUT',
  'TIMEOUT',
  'RUNTIME_ERROR',
  'SERVER_ERROR',
  'CAMERA_FRAMERATE_ERROR',
  'CAMERA_ACCESS_ERROR',
  'FACE_DISTANCE_ERROR',
  'MOBILE_LANDSCAPE_ERROR',
  'MULTIPLE_FACES_ERROR',
  'DEFAULT_CAMERA_NOT_FOUND_ERROR',
]);

export default function Detector({ session, streamEndpoint, send }: DetectorProps) {
  const { sessionId, region, credentials, clockOffset } = session;
  const container = useRef<HTMLElement>(null);

  useEffect(() => {
    document.title = `${texts.checking.title} · ${texts.product}`;
    container.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, []);

  // The component leaves the camera running when it is unmounted before the check has begun. Layout effects are
  // undone while its video element is still there, so this is the moment to switch the camera off.
  useLayoutEffect(() => {
    const around = container.current;
    return () => {
      const stream = around?.querySelector('video')?.srcObject;
      if (stream instanceof MediaStream) for (const track of stream.getTracks()) track.stop();
    };
  }, []);

  return (
    <section className="detector" aria-label={texts.checking.title} ref={container} tabIndex={-1}>
      <FaceLivenessDetectorCore
        sessionId={sessionId}
        region={region}
        onAnalysisComplete={async () => send({ type: 'analysed', sessionId })}
        onUserCancel={() => send({ type: 'cancelled', sessionId })}
        onError={({ state, error }) =>
          send({ type: 'detector-failed', sessionId, error: detectorError(state), camera: cameraTroubleOf(error) })
        }
        displayText={texts.detector}
        components={{ PhotosensitiveWarning: FlashNotice }}
        config={{
          credentialProvider: async () => credentials,
          systemClockOffset: clockOffset,
          // Both from our own origin: the component's defaults are on a CDN.
          binaryPath: `${window.location.origin}/tfjs/`,
          faceModelUrl: `${window.location.origin}/models/facemesh-detection-short.json`,
          ...(streamEndpoint !== undefined && { endpointOverride: streamEndpoint }),
        }}
      />
      <button type="button" className="button leave" onClick={() => send({ type: 'cancelled', sessionId })}>
        {texts.checking.leave}
      </button>
    </section>
  );
}

/** The component's own word for what went wrong; one that a later version adds counts as a failure to run. */
function detectorError(state: string): DetectorError {
  return ERRORS.has(state) ? (state as DetectorError) : 'RUNTIME_ERROR';
}
