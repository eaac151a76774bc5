import { describe, expect, it, vi } from 'vitest';
import { ApiError, createClient, withQuery, type HttpRequest, type HttpResponse } from '@/api/client';
import { readAll } from '@/api/lists';

type Answer = HttpResponse | Error;
const ok = (data: unknown, status = 200): HttpResponse => ({ status, data });

/** A server that answers in order and remembers what it was asked. */
function scripted(answers: Answer[], token = 'old') {
  const state = { token, logins: 0, waits: [] as number[] };
  const asked: HttpRequest[] = [];
  const client = createClient({
    baseUrl: 'https://x', readToken: () => state.token,
    transport: (request) => {
      asked.push(request);
      const answer = answers.shift() ?? new Error('nothing scripted');
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    login: () => { state.logins++; state.token = 'new'; return Promise.resolve(); },
    sleep: (ms) => { state.waits.push(ms); return Promise.resolve(); },
  });
  return { client, state, asked };
}

describe('retries', () => {
  it.each<{ name: string; answers: Answer[]; call: (client: ReturnType<typeof createClient>) => Promise<unknown>; times: number; fails: boolean }>([
    { name: 'a GET after 503 and no answer', answers: [ok({}, 503), new Error('down'), ok(1)], call: (client) => client.get('/a'), times: 3, fails: false },
    { name: 'a GET gives up after two repeats', answers: [ok({}, 502), ok({}, 504), ok({}, 503), ok(1)], call: (client) => client.get('/a'), times: 3, fails: true },
    { name: 'a keyed write', answers: [new Error('down'), ok(1, 201)], call: (client) => client.post('/a', { key: 'k1' }), times: 2, fails: false },
    { name: 'a write that is safe to repeat', answers: [ok({}, 503), ok(1)], call: (client) => client.post('/a', {}, { safe: true }), times: 2, fails: false },
    { name: 'never a write without a key', answers: [ok({}, 503), ok(1)], call: (client) => client.post('/a', { title: 't' }), times: 1, fails: true },
    { name: 'never a PUT', answers: [new Error('down'), ok(1)], call: (client) => client.put('/a', {}), times: 1, fails: true },
    { name: 'never a refusal', answers: [ok({}, 409), ok(1)], call: (client) => client.get('/a'), times: 1, fails: true },
  ])('$name', async ({ answers, call, times, fails }) => {
    const { client, asked } = scripted(answers);
    if (fails) await expect(call(client)).rejects.toBeInstanceOf(ApiError);
    else await expect(call(client)).resolves.toBe(1);
    expect(asked).toHaveLength(times);
  });

  it('sends the same key again and waits longer each time', async () => {
    const { client, asked, state } = scripted([new Error('down'), ok({}, 503), ok('done', 201)]);
    await client.post('/checkins', { key: 'k7', ticket: 't' });
    expect(asked.map((request) => request.data)).toEqual([{ key: 'k7', ticket: 't' }, { key: 'k7', ticket: 't' }, { key: 'k7', ticket: 't' }]);
    expect(state.waits).toEqual([300, 900]);
  });
});

describe('logging in', () => {
  it('logs in first when there is no token, and only then asks', async () => {
    const { client, asked, state } = scripted([ok(1)], '');
    await client.get('/me');
    expect(state.logins).toBe(1);
    expect(asked.map((request) => request.header.authorization)).toEqual(['Bearer new']);
  });

  it('three parallel 401s make one login and three answers', async () => {
    let token = 'old';
    const release: (() => void)[] = [];
    const login = vi.fn(() => new Promise<void>((resolve) => { release.push(() => { token = 'new'; resolve(); }); }));
    const client = createClient({
      baseUrl: '', readToken: () => token, login,
      transport: ({ url, header }) => Promise.resolve(header.authorization === 'Bearer new' ? ok(url) : ok({ code: 'no_session' }, 401)),
    });
    const all = Promise.all(['/a', '/b', '/c'].map((path) => client.get(path)));
    await vi.waitFor(() => { expect(release).toHaveLength(1); });
    release[0]?.();
    await expect(all).resolves.toEqual(['/a', '/b', '/c']);
    expect(login).toHaveBeenCalledTimes(1);
  });

  it('a late 401 of the old token uses the new one without a second login', async () => {
    let token = 'old';
    const login = vi.fn(() => Promise.resolve());
    const client = createClient({
      baseUrl: '', login, readToken: () => token,
      transport: ({ header }) => {
        if (header.authorization === 'Bearer new') return Promise.resolve(ok('fine'));
        token = 'new';
        return Promise.resolve(ok({}, 401));
      },
    });
    await expect(client.get('/a')).resolves.toBe('fine');
    expect(login).not.toHaveBeenCalled();
  });

  it('gives up when the new token is refused too', async () => {
    const { client, state } = scripted([ok({}, 401), ok({ code: 'no_session', message: '请重新登录' }, 401)]);
    await expect(client.get('/a')).rejects.toMatchObject({ status: 401, code: 'no_session', message: '请重新登录' });
    expect(state.logins).toBe(1);
  });

  it('a login that fails is one error for all who wait', async () => {
    const client = createClient({ baseUrl: '', readToken: () => '', login: () => Promise.reject(new Error('wx')), transport: () => Promise.resolve(ok(1)) });
    await expect(client.get('/a')).rejects.toMatchObject({ code: 'login_failed' });
  });

  it('asks anonymously where told to', async () => {
    const { client, asked, state } = scripted([ok(1, 201)]);
    await client.post('/session', { code: 'c' }, { anonymous: true });
    expect(asked[0]?.header).not.toHaveProperty('authorization');
    expect(state.logins).toBe(0);
  });
});

describe('ApiError', () => {
  it.each<{ name: string; answer: Answer; want: Partial<ApiError> }>([
    { name: 'carries what the server said', answer: ok({ code: 'invalid', message: '请检查', fields: { title: '必填' }, requestId: 'r1' }, 400), want: { status: 400, code: 'invalid', message: '请检查', fields: { title: '必填' }, requestId: 'r1' } },
    { name: 'has words for no answer', answer: new Error('timeout'), want: { status: 0, code: 'network', message: '网络不通，请检查手机信号后再试' } },
    { name: 'has words for a page of HTML', answer: ok('<html>', 500), want: { status: 500, code: 'http_error', message: '服务暂时有问题，请稍后再试' } },
    { name: 'has words for too fast', answer: ok(null, 429), want: { status: 429, message: '操作太快了，请稍等再试' } },
  ])('$name', async ({ answer, want }) => {
    const { client } = scripted([answer]);
    await expect(client.post('/a', {})).rejects.toMatchObject(want);
  });
});

it('writes queries without empty values', () => {
  expect(withQuery('/a', { after: '', limit: 20, when: undefined, q: '党 课' })).toBe('/a?limit=20&q=%E5%85%9A%20%E8%AF%BE');
  expect(withQuery('/a')).toBe('/a');
});

it('reads a list to its end and no further than told', async () => {
  const page = (after: string) => Promise.resolve({ items: [after || '0'], next: String(Number(after || 0) + 1) });
  expect((await readAll((after) => (Number(after) < 2 ? page(after) : Promise.resolve({ items: ['last'], next: '' })))).items).toEqual(['0', '1', 'last']);
  expect((await readAll(page, 5)).items).toHaveLength(5);
});
