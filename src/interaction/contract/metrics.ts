// The metrics that CloneSquad sends to CloudWatch and those that it reads from there. Names and dimensions differ between
// revisions; the shapes do not.
import { type JsonValue, PythonFloat } from './python-json.ts';
import {
  isAbsent,
  readArray,
  readCount,
  readNumber,
  readOptionalString,
  readString,
  readStrings,
  toArray,
  toNumber,
  toObject,
  WireFieldError,
  type WireObject,
} from './wire-fields.ts';

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

/** A metric as it was last sent. */
export interface SentMetric {
  readonly metricName: string;
  readonly unit: string;
  /** Seconds. */
  readonly storageResolution: number;
  /** The group's name is the last one. */
  readonly dimensions: readonly Dimension[];
  /** Null when the metric is disabled now; absent when it was never set. */
  readonly value?: number | null;
  readonly timestamp?: string;
}

/** A metric as CloudWatch answered it last, newest value first. */
export interface CachedMetric {
  readonly id: string;
  readonly label: string;
  readonly statusCode: string;
  readonly timestamps: readonly string[];
  /** Parallel to `timestamps`. */
  readonly values: readonly number[];
  readonly metricId: string;
  readonly samplingTime: string;
  readonly lastSamplingAttempt?: string;
  readonly messages?: readonly MetricMessage[];
}

export interface MetricMessage {
  readonly code: string;
  readonly value: string;
}

/** Reads the JSON body of a `cloudwatch/sentmetrics` answer. Throws WireFieldError. */
export function parseSentMetrics(body: unknown): readonly SentMetric[] {
  return toArray(body, 'answer').map((item, index) => parseSentMetric(item, `answer[${index}]`));
}

/** Reads one such metric; messages call it `path`. Throws WireFieldError. */
export function parseSentMetric(value: unknown, path: string): SentMetric {
  const wire = toObject(value, path);
  const timestamp = readOptionalString(wire, 'Timestamp', `${path}.Timestamp`);
  return {
    metricName: readString(wire, 'MetricName', `${path}.MetricName`),
    unit: readString(wire, 'Unit', `${path}.Unit`),
    storageResolution: readCount(wire, 'StorageResolution', `${path}.StorageResolution`),
    dimensions: readPairs(wire, 'Dimensions', 'Name', `${path}.Dimensions`, (name, text) => ({
      name,
      value: text,
    })),
    ...(wire.Value === undefined ? {} : { value: readNullableNumber(wire, `${path}.Value`) }),
    ...(timestamp === null ? {} : { timestamp }),
  };
}

function readNullableNumber(wire: WireObject, path: string): number | null {
  return wire.Value === null ? null : readNumber(wire, 'Value', path);
}

/** The body of a `cloudwatch/sentmetrics` answer. */
export function renderSentMetrics(metrics: readonly SentMetric[]): JsonValue {
  return metrics.map(renderSentMetric);
}

export function renderSentMetric({ value, timestamp, ...metric }: SentMetric): JsonValue {
  return {
    MetricName: metric.metricName,
    Unit: metric.unit,
    StorageResolution: metric.storageResolution,
    Dimensions: metric.dimensions.map(({ name, value: text }) => ({ Name: name, Value: text })),
    ...(value === undefined ? {} : { Value: value === null ? null : new PythonFloat(value) }),
    ...(timestamp === undefined ? {} : { Timestamp: timestamp }),
  };
}

/** Reads the JSON body of a `cloudwatch/metriccache` answer. Throws WireFieldError. */
export function parseCachedMetrics(body: unknown): readonly CachedMetric[] {
  return toArray(body, 'answer').map((item, index) => parseCachedMetric(item, `answer[${index}]`));
}

/** Reads one such metric; messages call it `path`. Throws WireFieldError. */
export function parseCachedMetric(value: unknown, path: string): CachedMetric {
  const wire = toObject(value, path);
  const text = (field: string) => readString(wire, field, `${path}.${field}`);
  const lastSamplingAttempt = readOptionalString(
    wire,
    '_LastSamplingAttempt',
    `${path}._LastSamplingAttempt`,
  );
  const timestamps = readStrings(wire, 'Timestamps', `${path}.Timestamps`);
  const values = readNumbers(wire, 'Values', `${path}.Values`);
  if (timestamps.length !== values.length) {
    throw new WireFieldError(
      `${path}.Values: expected one for each of ${timestamps.length} timestamps, got ${values.length}`,
    );
  }
  return {
    id: text('Id'),
    label: text('Label'),
    statusCode: text('StatusCode'),
    timestamps,
    values,
    metricId: text('_MetricId'),
    samplingTime: text('_SamplingTime'),
    ...(lastSamplingAttempt === null ? {} : { lastSamplingAttempt }),
    ...(isAbsent(wire.Messages)
      ? {}
      : {
          messages: readPairs(wire, 'Messages', 'Code', `${path}.Messages`, (code, said) => ({
            code,
            value: said,
          })),
        }),
  };
}

/** The body of a `cloudwatch/metriccache` answer. */
export function renderCachedMetrics(metrics: readonly CachedMetric[]): JsonValue {
  return metrics.map(renderCachedMetric);
}

export function renderCachedMetric({ lastSamplingAttempt, messages, ...metric }: CachedMetric): JsonValue {
  return {
    Id: metric.id,
    Label: metric.label,
    StatusCode: metric.statusCode,
    Timestamps: metric.timestamps,
    Values: metric.values.map((value) => new PythonFloat(value)),
    _MetricId: metric.metricId,
    _SamplingTime: metric.samplingTime,
    ...(lastSamplingAttempt === undefined ? {} : { _LastSamplingAttempt: lastSamplingAttempt }),
    ...(messages === undefined
      ? {}
      : { Messages: messages.map(({ code, value }) => ({ Code: code, Value: value })) }),
  };
}

function readNumbers(wire: WireObject, field: string, path: string): readonly number[] {
  return readArray(wire, field, path).map((value, index) => toNumber(value, `${path}[${index}]`));
}

/** AWS's lists of `{<name>: string, Value: string}`. */
function readPairs<Pair>(
  wire: WireObject,
  field: string,
  nameField: string,
  path: string,
  toPair: (name: string, value: string) => Pair,
): readonly Pair[] {
  return readArray(wire, field, path).map((item, index) => {
    const pair = toObject(item, `${path}[${index}]`);
    return toPair(
      readString(pair, nameField, `${path}[${index}].${nameField}`),
      readString(pair, 'Value', `${path}[${index}].Value`),
    );
  });
}
