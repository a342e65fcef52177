// The page's few drawings, as inline SVG in the colour of their tone. They repeat what the heading says and
// are hidden from screen readers.

const PATHS = {
  face: 'M24 8c7 0 11 6 11 14 0 9-5 18-11 18S13 31 13 22C13 14 17 8 24 8Zm-4.5 13.5v1M28.5 21.5v1M20 30c2.4 2 5.6 2 8 0',
  check: 'M14 24.5l7 7 13-15',
  light:
    'M24 11v-4M24 41v-4M11 24H7M41 24h-4M14.8 14.8l-2.8-2.8M36 36l-2.8-2.8M14.8 33.2 12 36M36 12l-2.8 2.8M24 16a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z',
  clock: 'M24 9a15 15 0 1 0 0 30 15 15 0 0 0 0-30Zm0 7v8.5l5.5 3.5',
  camera: 'M9 16h6l3-4h12l3 4h6v20H9V16Zm15 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12Z',
  cameraOff: 'M9 16h6l3-4h12l3 4h6v20H9V16Zm15 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12ZM8 8l32 32',
  cloud: 'M16 35h18a8 8 0 0 0 1-16 11 11 0 0 0-21 2 7 7 0 0 0 2 14ZM20 25l8 7M28 25l-8 7',
  phone: 'M17 7h14v34H17V7Zm5 29h4',
  person: 'M24 9a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 39c1-8 6-12 14-12s13 4 14 12',
  eye: 'M7 24c4-7 10-11 17-11s13 4 17 11c-4 7-10 11-17 11S11 31 7 24Zm17-5a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z',
} as const;

export type Glyph = keyof typeof PATHS;

export function Icon({ glyph, tone }: { readonly glyph: Glyph; readonly tone: 'calm' | 'good' | 'careful' }) {
  return (
    <span className={`icon icon-${tone}`} aria-hidden="true">
      <svg viewBox="0 0 48 48" focusable="false">
        <title>{glyph}</title>
        <path d={PATHS[glyph]} fill="none" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
    </span>
  );
}
