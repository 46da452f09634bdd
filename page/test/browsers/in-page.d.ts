// What functions find around them that tests send to a page.

// Left by one function for the next.
declare var results: number;
declare var track: MediaStreamTrack;
declare var downloads: (string | null)[];
declare var longTasksMs: number[];
declare var axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> };

// Of Chromium, by a switch of its command line.
interface Performance {
  readonly memory: { readonly usedJSHeapSize: number };
}
