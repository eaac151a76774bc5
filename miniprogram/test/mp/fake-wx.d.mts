export interface FakeRequest { url: string; method?: string; data?: Record<string, unknown>; header: Record<string, string> }
export interface FakeCall { name: string; url?: string; method?: string; data?: Record<string, unknown>; header?: Record<string, string>; args?: Record<string, unknown> }
export interface FakePage { data: Record<string, unknown>; route: string; onUnload?: () => void }
export interface FakeMiniProgram {
  calls: FakeCall[]; storage: Map<string, unknown>; pages: string[]; config: { pages: string[] };
  /** Whether a page can be forwarded. */
  shares: (route: string) => boolean;
  openPage: (route: string, query?: Record<string, string>) => FakePage; close: () => void;
}
export interface Answer { statusCode: number; data?: unknown }
export function bootMiniProgram(root: string, options: { request: (request: FakeRequest) => Answer; launch?: unknown; answers?: Record<string, unknown> }): FakeMiniProgram;
