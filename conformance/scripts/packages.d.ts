// Types of the packages in conformance/package.json, as far as they are used, so that `npm run check` works when these aren't installed.

declare module 'playwright-core' {
  export const chromium: { launch(options: object): Promise<Browser> };

  export interface Browser {
    version(): string;
    newPage(): Promise<Page>;
    newContext(options?: object): Promise<BrowserContext>;
    close(): Promise<void>;
  }

  export interface BrowserContext {
    newPage(): Promise<Page>;
    newCDPSession(page: Page): Promise<Devtools>;
    setOffline(isOffline: boolean): Promise<void>;
    close(): Promise<void>;
  }

  interface Devtools {
    send(method: 'Page.getInstallabilityErrors'): Promise<{ installabilityErrors: { errorId: string }[] }>;
    send(method: 'Page.getAppManifest'): Promise<{ errors: unknown[]; data: string }>;
  }

  export interface Page {
    readonly keyboard: { press(key: string): Promise<void> };
    readonly mouse: {
      move(x: number, y: number, options?: { steps: number }): Promise<void>;
      down(): Promise<void>;
      up(): Promise<void>;
    };
    readonly request: { get(url: string): Promise<{ status(): number }> };
    goto(url: string): Promise<unknown>;
    reload(): Promise<unknown>;
    close(): Promise<void>;
    title(): Promise<string>;
    /** A function is sent to the page as text. The types treat a handle as the value that it stands for. */
    evaluate(expression: string): Promise<unknown>;
    evaluate<Result, Argument>(action: (argument: Argument) => Result, argument?: Argument): Promise<Awaited<Result>>;
    evaluateHandle<Result, Argument>(
      action: (argument: Argument) => Result,
      argument?: Argument,
    ): Promise<Awaited<Result>>;
    waitForFunction(action: () => unknown): Promise<unknown>;
    waitForEvent(name: 'download'): Promise<Download>;
    on(name: 'pageerror', listener: (error: Error) => void): void;
    on(name: 'console', listener: (message: { type(): string; text(): string }) => void): void;
    workers(): unknown[];
    locator(selector: string, options?: { hasText: string | RegExp }): Locator;
    click(selector: string): Promise<void>;
    fill(selector: string, text: string): Promise<void>;
    focus(selector: string): Promise<void>;
    selectOption(selector: string, option: string | { label: string }): Promise<unknown>;
    setInputFiles(selector: string, files: string | readonly (string | FilePayload)[]): Promise<void>;
    screenshot(options: { path: string; fullPage: boolean }): Promise<unknown>;
    isVisible(selector: string): Promise<boolean>;
    isDisabled(selector: string): Promise<boolean>;
    getAttribute(selector: string, name: string): Promise<string | null>;
    /** Can be null for elements without text, but none of ours is such an element. */
    textContent(selector: string): Promise<string>;
  }

  export interface FilePayload {
    readonly name: string;
    readonly mimeType: string;
    readonly buffer: Buffer;
  }

  interface Locator {
    first(): Locator;
    focus(): Promise<void>;
    waitFor(options?: { state?: string; timeout?: number }): Promise<void>;
    textContent(): Promise<string>;
    boundingBox(): Promise<{ x: number; y: number; width: number; height: number }>;
  }

  interface Download {
    suggestedFilename(): string;
    path(): Promise<string>;
  }
}

declare module 'miniflare' {
  export class Miniflare {
    constructor(options: object);
    dispatchFetch(url: string): Promise<Response>;
    dispose(): Promise<void>;
  }
}
