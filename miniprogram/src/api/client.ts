/**
 * The request wrapper: bearer token, one shared login for any number of parallel 401s, one error type, and retries only
 * where a repeat cannot do harm (a GET, or a write that carries its own key).
 */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export interface HttpRequest { method: Method; url: string; data?: unknown; header: Record<string, string> }
export interface HttpResponse { status: number; data: unknown }
/** Sends one request; rejects when there was no answer at all. */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

/** Every failure a page sees. `status` 0 means no answer came; `message` is Chinese and may be shown as it is. */
export class ApiError extends Error {
  constructor(
    readonly status: number, readonly code: string, message: string,
    readonly fields: Record<string, string> = {}, readonly requestId = '',
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export interface ClientOptions {
  baseUrl: string;
  transport: Transport;
  /** The bearer token now, '' when there is none. */
  readToken: () => string;
  /** Obtains and stores a new token; its requests must be anonymous. */
  login: () => Promise<void>;
  sleep?: (ms: number) => Promise<void>;
  /** Extra attempts after the first; 2 by default, 0.3 s and 0.9 s apart. */
  retries?: number;
}

/** `safe`: a repeat does no harm although the body carries no key. `anonymous`: without a token. `type`: of a body that is not JSON. */
export interface PostOptions { anonymous?: boolean; safe?: boolean; type?: string }

export interface Http {
  get: <T>(path: string, query?: Query) => Promise<T>;
  post: <T>(path: string, body?: unknown, options?: PostOptions) => Promise<T>;
  put: <T>(path: string, body?: unknown) => Promise<T>;
  delete: <T>(path: string) => Promise<T>;
  /** Logs in, or waits for the login that is under way. */
  signIn: () => Promise<void>;
}

export type Query = Record<string, string | number | boolean | undefined>;

const WORDS: Record<number, string> = {
  0: '网络不通，请检查手机信号后再试', 403: '您没有权限这样做', 404: '没有找到，可能已经被删除',
  429: '操作太快了，请稍等再试', 503: '现在使用的人多，请稍后再试',
};

export function withQuery(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');
  return text ? `${path}?${text}` : path;
}

function errorOf({ status, data }: HttpResponse): ApiError {
  const body = (typeof data === 'object' && data !== null ? data : {}) as Partial<Record<'code' | 'message' | 'requestId', string>> & { fields?: Record<string, string> };
  const code = body.code ?? (status === 0 ? 'network' : 'http_error');
  return new ApiError(status, code, body.message ?? WORDS[status] ?? '服务暂时有问题，请稍后再试', body.fields, body.requestId);
}

const worthRetry = (status: number): boolean => status === 0 || (status >= 502 && status <= 504);
const isKeyed = (body: unknown): boolean => typeof body === 'object' && body !== null && Boolean((body as { key?: string }).key);

export function createClient(options: ClientOptions): Http {
  const sleep = options.sleep ?? ((ms: number) => new Promise<void>((resolve) => { setTimeout(resolve, ms); }));
  const retries = options.retries ?? 2;
  let pending: Promise<void> | undefined;

  function login(): Promise<void> {
    pending ??= options.login()
      .catch((cause: unknown) => { throw cause instanceof ApiError ? cause : new ApiError(0, 'login_failed', '没有登录成功，请重试'); })
      .finally(() => { pending = undefined; });
    return pending;
  }

  async function send(method: Method, path: string, data: unknown, token: string, type: string): Promise<HttpResponse> {
    const header: Record<string, string> = { 'content-type': type };
    if (token) header.authorization = `Bearer ${token}`;
    try {
      return await options.transport({ method, url: options.baseUrl + path, data, header });
    } catch {
      return { status: 0, data: null };
    }
  }

  async function tokenFor(anonymous: boolean): Promise<string> {
    if (anonymous) return '';
    if (!options.readToken()) await login();
    return options.readToken();
  }

  async function call<T>(method: Method, path: string, data?: unknown, { anonymous = false, safe = false, type = 'application/json' }: PostOptions = {}): Promise<T> {
    const extra = method === 'GET' || safe || isKeyed(data) ? retries : 0;
    let renewed = false;
    for (let attempt = 0; ;) {
      const token = await tokenFor(anonymous);
      const answer = await send(method, path, data, token, type);
      if (answer.status >= 200 && answer.status < 300) return answer.data as T;
      if (answer.status === 401 && !anonymous && !renewed) {
        renewed = true;
        // another request may have renewed the token while this one was on its way
        if (options.readToken() === token) await login();
      } else if (worthRetry(answer.status) && attempt < extra) {
        await sleep(300 * 3 ** attempt++);
      } else {
        throw errorOf(answer);
      }
    }
  }

  return {
    get: (path, query) => call('GET', withQuery(path, query)),
    post: (path, body = {}, how = {}) => call('POST', path, body, how),
    put: (path, body = {}) => call('PUT', path, body),
    delete: (path) => call('DELETE', path),
    signIn: login,
  };
}
