// AWS around one instance, on loopback: its metadata service, and STS, EC2 and Lambda behind one endpoint. What it says,
// and how it fails, can be changed while it runs, from the same process or over its admin interface.
import { answerAdmin, type RequestCounts, type SandboxControls } from './admin-service.ts';
import { answerAwsCall, toAwsCall } from './aws-service.ts';
import { createFaultBoard, type SandboxService, sandboxServices, toFault } from './fault.ts';
import { createImdsService } from './imds-service.ts';
import { createKeyIssuer, type IssuedKey } from './issued-keys.ts';
import { type Listener, listen, type Service } from './listener.ts';
import { changedState, initialState, type SandboxChange } from './state.ts';

export type { RequestCounts } from './admin-service.ts';
export type { Fault, SandboxService } from './fault.ts';
export type { IssuedKey } from './issued-keys.ts';
export type { SandboxChange, SandboxState } from './state.ts';

export type SandboxOptions = {
  /** 127.0.0.1 unless told. */
  readonly host?: string;
  /** 0, a free port, unless told. */
  readonly ports?: { readonly imds?: number; readonly aws?: number; readonly admin?: number };
  /** Laid over the initial state. */
  readonly state?: SandboxChange;
  /** This host's clock in milliseconds since the epoch; the state's offset is added. */
  readonly now?: () => number;
};

export type SandboxHandle = SandboxControls & {
  /** Base URLs without a trailing slash. */
  readonly imdsUrl: string;
  readonly awsUrl: string;
  readonly adminUrl: string;
  /** The variables that point an AWS client at this sandbox. */
  environment(): Record<string, string>;
  /** A key that was issued here, for whoever verifies signatures made with it; undefined for any other. */
  lookup(accessKeyId: string): IssuedKey | undefined;
  close(): Promise<void>;
};

/** Starts the three listeners. Throws SandboxChangeError for an unusable state, and what listening throws. */
export async function startSandbox(options: SandboxOptions = {}): Promise<SandboxHandle> {
  const { host = '127.0.0.1', ports = {}, now = Date.now } = options;
  let state = changedState(initialState(), options.state ?? {});
  const serverNow = (): number => now() + state.clock.offsetMs;
  const faults = createFaultBoard();
  const counts = createRequestCounts();
  const keys = createKeyIssuer(() => state, serverNow);
  const imds = createImdsService({
    state: () => state,
    currentKey: keys.current,
    monotonicMs: () => performance.now(),
  });

  const controls: SandboxControls = {
    state: () => structuredClone(state),
    change: (change) => {
      state = changedState(state, change);
    },
    setFault: (service, fault) =>
      faults.set(service, fault === undefined ? undefined : toFault(service, fault)),
    faults: faults.all,
    requests: counts.read,
    resetRequests: counts.reset,
    issuedKeys: keys.all,
    issueKey: keys.issue,
    expireKeys: keys.expireAll,
    forgetKeys: keys.forgetAll,
  };

  const imdsService: Service = {
    now: serverNow,
    respond(request) {
      const operation = imds.operation(request);
      counts.add('imds', operation);
      return { fault: faults.take('imds', operation), answer: () => imds.answer(request) };
    },
  };
  const awsService: Service = {
    now: serverNow,
    respond(request) {
      const call = toAwsCall(request);
      counts.add(call.service, call.operation);
      const fault = faults.take(call.service, call.operation);
      const answer = () => answerAwsCall(call, request, { state, keys, nowMs: serverNow(), fault });
      return { fault, answer };
    },
  };
  const adminService: Service = {
    now: serverNow,
    respond: (request) => ({ answer: () => answerAdmin(request, controls) }),
  };

  const listeners: Listener[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  const open = async (service: Service, port = 0): Promise<string> => {
    const listener = await listen(service, { host, port });
    listeners.push(listener);
    return listener.url;
  };
  try {
    const imdsUrl = await open(imdsService, ports.imds);
    const awsUrl = await open(awsService, ports.aws);
    const adminUrl = await open(adminService, ports.admin);
    return {
      ...controls,
      imdsUrl,
      awsUrl,
      adminUrl,
      environment: () => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: imdsUrl, AWS_ENDPOINT_URL: awsUrl }),
      lookup: keys.find,
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function createRequestCounts() {
  const operations = new Map<string, number>();
  const total = new Map<SandboxService, number>();
  return {
    add(service: SandboxService, operation: string): void {
      const name = `${service} ${operation}`;
      operations.set(name, (operations.get(name) ?? 0) + 1);
      total.set(service, (total.get(service) ?? 0) + 1);
    },
    read: (): RequestCounts => ({
      total: Object.fromEntries(
        sandboxServices.map((name) => [name, total.get(name) ?? 0]),
      ) as RequestCounts['total'],
      operations: Object.fromEntries(operations),
    }),
    reset(): void {
      operations.clear();
      total.clear();
    },
  };
}
