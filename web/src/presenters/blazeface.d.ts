// The part of Amplify's face finder that `measure.ts` uses. The package has the class and its types, but exports
// neither.

declare module '*/blazefaceFaceDetection.mjs' {
  type Point = readonly [x: number, y: number];

  export class BlazeFaceFaceDetection {
    constructor(binaryPath: string, faceModelUrl: string);
    loadModels(): Promise<void>;
    detectFaces(
      picture: HTMLCanvasElement,
    ): Promise<readonly { readonly leftEye: Point; readonly rightEye: Point; readonly nose: Point; readonly mouth: Point }[]>;
  }
}
