/// <reference types="vite/client" />
interface ImportMetaEnv {
  /** Address of the server for the mini-program build, without a trailing slash; the browser build asks its own origin. */
  readonly VITE_API_BASE?: string;
  /** Whom to turn to, shown under 意见反馈: a name, a phone number. */
  readonly VITE_CONTACT?: string;
}
declare module '*.vue' {
  import type { DefineComponent } from 'vue';
  const component: DefineComponent<object, object, unknown>;
  export default component;
}
