/** A server of one's own: demonstration mode, a free port of this machine, an empty data folder, gone without trace. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { numbersIn } from './numbers';

const BINARY = resolve(process.env.E2E_SERVER || '../.cache/themeday');
const CLIENT = resolve(process.env.E2E_CLIENT_DIR || 'dist/build/h5');
/** A cold start, which tells five months of history, takes about a second. */
const START_MS = 30_000;
/** The server gives requests ten seconds to end. */
const STOP_MS = 12_000;
const POLL_MS = 50;

const pause = (ms: number): Promise<void> => new Promise((done) => { setTimeout(done, ms); });

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

export class Server {
  readonly url: string;
  readonly log: string;
  private child: ChildProcess | undefined;

  private constructor(private readonly folder: string, private readonly port: number) {
    this.url = `http://127.0.0.1:${port}`;
    this.log = join(folder, 'server.log');
  }

  /** A new server; `name` is for whoever looks into the temporary folder, `before` may give it data of another kind than the demonstration's. */
  static async start(name: string, before: (server: Server) => Promise<unknown> = () => Promise.resolve()): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), `themeday-e2e-${name}-`)), await freePort());
    try {
      await before(server);
      await server.launch();
    } catch (problem) {
      const said = await readFile(server.log, 'utf8').catch(() => '');
      await server.stop();
      throw new Error(`${String(problem)}\n${said}`);
    }
    return server;
  }

  private get settings(): { cwd: string; env: Record<string, string | undefined> } {
    return {
      cwd: this.folder,
      env: {
        PATH: process.env.PATH, HOME: process.env.HOME, THEMEDAY_MODE: 'demo', THEMEDAY_ADDR: `127.0.0.1:${this.port}`,
        THEMEDAY_PUBLIC_URL: this.url, THEMEDAY_DATA_DIR: join(this.folder, 'data'), THEMEDAY_CLIENT_DIR: CLIENT,
      },
    };
  }

  /** What one of the program's commands prints, as its operator would run it. */
  async command(...args: string[]): Promise<string> { return (await promisify(execFile)(BINARY, args, this.settings)).stdout; }

  /** Loads a tree of organisations from the text of a file, before the first start. */
  async importTree(text: string): Promise<void> {
    const file = join(this.folder, 'tree.yaml');
    await writeFile(file, text);
    await this.command('import', file);
    await rm(file); // the numbers in it are the operator's own
  }

  /** Starts the process, on the data that is there; resolves when it is ready. */
  async launch(): Promise<void> {
    const log = openSync(this.log, 'a');
    const child = spawn(BINARY, [], { ...this.settings, stdio: ['ignore', log, log] });
    closeSync(log);
    let failure = '';
    child.once('error', (problem) => { failure = problem.message; });
    child.once('exit', (code) => { failure ||= `it ended with ${code}`; });
    this.child = child;
    process.once('exit', this.kill);
    for (const end = Date.now() + START_MS; !await this.ready();) {
      if (failure || Date.now() > end) throw new Error(`${BINARY} does not start: ${failure || 'it is not ready in time'}`);
      await pause(POLL_MS);
    }
  }

  private async ready(): Promise<boolean> {
    return fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
  }

  private readonly kill = (): void => { this.child?.kill('SIGKILL'); };

  /** Ends the process as a power cut does. */
  async crash(): Promise<void> { await this.end('SIGKILL'); }

  /** Ends the process and removes what it has left, in which no phone number may stand. */
  async stop(): Promise<void> {
    const metrics = await fetch(`${this.url}/metrics`).then((answer) => answer.text(), () => '');
    await this.end('SIGTERM');
    const shown = await this.numbers(metrics);
    await rm(this.folder, { recursive: true, force: true });
    if (shown.length) throw new Error(`phone numbers in clear:\n${shown.join('\n')}`);
  }

  /** Where a phone number is readable: in the metrics, the log, the database and whatever else the server has written. */
  private async numbers(metrics: string): Promise<string[]> {
    const found = numbersIn(Buffer.from(metrics)).map((number) => `/metrics: ${number}`);
    for (const entry of await readdir(this.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = await readFile(join(entry.parentPath, entry.name));
      found.push(...numbersIn(bytes).map((number) => `${entry.name}: ${number}`));
    }
    return found;
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.child;
    this.child = undefined;
    process.off('exit', this.kill);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => { child.kill('SIGKILL'); }, STOP_MS);
    await gone;
    clearTimeout(late);
  }
}
