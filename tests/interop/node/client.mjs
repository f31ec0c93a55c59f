// npm's @kubernetes/client-node, one method call a line: {"id", "method", "args"} in; {"id", "result" | "error" |
// "event" | "done"} out. Started by tests/interop/clients/client_node.py with a kubeconfig and a namespace.
import readline from 'node:readline';
import { PassThrough, Writable } from 'node:stream';
import * as k8s from '@kubernetes/client-node';

const [kubeconfig, namespace] = process.argv.slice(2);
const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);

const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const discovery = config.makeApiClient(k8s.DiscoveryV1Api);
const api = { ConfigMap: core, Service: core, Pod: core, Event: core, Secret: core,
              Deployment: apps, ReplicaSet: apps, EndpointSlice: discovery };
const paths = { ConfigMap: 'api/v1', Service: 'api/v1', Pod: 'api/v1', Event: 'api/v1', Secret: 'api/v1',
                Deployment: 'apis/apps/v1', ReplicaSet: 'apis/apps/v1', EndpointSlice: 'apis/discovery.k8s.io/v1' };
const path = (kind) => `/${paths[kind]}/namespaces/${namespace}/${kind.toLowerCase()}s`;
const call = (verb, kind, request, options) => api[kind][`${verb}Namespaced${kind}`]({ namespace, ...request }, options);

const watches = new Map();

const methods = {
  create: (manifest) => call('create', manifest.kind, { body: manifest }),
  get: (kind, name) => call('read', kind, { name }),
  list: async (kind, labelSelector, fieldSelector) =>
    (await call('list', kind, { labelSelector, fieldSelector })).items,
  replace: (manifest) => call('replace', manifest.kind, { name: manifest.metadata.name, body: manifest }),
  patch: (kind, name, type, body, fieldManager, force) =>
    call('patch', kind, { name, body, fieldManager, force }, k8s.setHeaderOptions('Content-Type', type)),
  scale: (name, replicas) =>
    apps.patchNamespacedDeploymentScale({ name, namespace, body: { spec: { replicas } } },
      k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch)),
  delete: (kind, name, propagationPolicy) => call('delete', kind, { name, propagationPolicy }),
  can_i: async (verb, group, resource) => {
    const spec = { resourceAttributes: { verb, group, resource, namespace } };
    const review = await config.makeApiClient(k8s.AuthorizationV1Api).createSelfSubjectAccessReview({ body: { spec } });
    return review.status.allowed;
  },
  resources: async () => {
    const found = (await core.getAPIResources()).resources.map((resource) => `${resource.name}.v1`);
    for (const group of ['AppsV1Api', 'DiscoveryV1Api', 'NetworkingV1Api', 'CoordinationV1Api', 'PolicyV1Api']) {
      const list = await config.makeApiClient(k8s[group]).getAPIResources();
      found.push(...list.resources.map((resource) => `${resource.name}.${list.groupVersion}`));
    }
    return found;
  },
  logs: (name) => core.readNamespacedPodLog({ name, namespace }),
  exec: async (pod, ...command) => {
    const [stdout, stderr] = [sink(), sink()];
    const status = await new Promise((resolve, reject) => {
      const container = '';
      new k8s.Exec(config).exec(namespace, pod, container, command, stdout, stderr, null, false, resolve).catch(reject);
    });
    const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
    return [stdout.text, stderr.text, cause ? Number(cause.message) : 0];
  },
  forward: async (pod, port, line) => {
    const [input, output] = [new PassThrough(), sink()];
    const socket = await new k8s.PortForward(config).portForward(namespace, pod, [port], output, null, input);
    const answered = new Promise((resolve) => { output.heard = resolve; });
    input.write(line);
    await answered;
    socket.close();
    return output.text;
  },
  informer: async (id, kind) => {
    const list = () => call('list', kind, {});
    const informer = k8s.makeInformer(config, path(kind), list);
    const tell = () => say({ id, event: informer.list().map(({ metadata }) => [metadata.name, metadata.resourceVersion]) });
    informer.on('change', tell);
    informer.on('connect', tell);
    informer.on('error', () => setTimeout(() => informer.start(), 200)); // as the library's own example does
    await informer.start();
    watches.set(id, { abort: () => informer.stop() });
  },
  watch: async (id, kind, resourceVersion, labelSelector, fieldSelector) => {
    const query = { resourceVersion, labelSelector, fieldSelector, timeoutSeconds: 30 };
    const done = () => { if (watches.delete(id)) say({ id, done: true }); };
    watches.set(id, { abort: () => {} });
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value));
    const controller = await new k8s.Watch(config).watch(path(kind), given,
      (type, object) => say({ id, event: [type, object] }), done);
    watches.set(id, controller);
  },
  stop: async (id) => watches.get(id)?.abort(),
};

function sink() {
  const stream = new Writable({
    write(chunk, _encoding, callback) { stream.text += chunk; callback(); if (stream.text) stream.heard?.(); },
  });
  stream.text = '';
  return stream;
}

function say(message) { process.stdout.write(JSON.stringify(message) + '\n'); }

function refusal(error) {
  if (error.code === undefined || error.body === undefined) throw error;
  return typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
}

async function answer({ id, method, args }) {
  const streams = method === 'watch' || method === 'informer';
  try {
    const result = await methods[method](...(streams ? [id] : []), ...args.map((arg) => arg ?? undefined));
    if (!streams) say({ id, result: result ?? null });
  } catch (error) {
    say({ id, error: refusal(error) });
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => answer(JSON.parse(line))).on('close', () => process.exit(0));
