// An instance that an operator has asked not to be stopped, or not to be started, as `control/instances` lists it.
import type { JsonValue } from './python-json.ts';
import { readBoolean, readCount, readOptionalName, readString, toObject } from './wire-fields.ts';

export interface ControlRecord {
  readonly instanceId: string;
  /** When it was asked for and when that ends, as timestamps of the wire. */
  readonly startDate: string;
  readonly endDate: string;
  /** Epoch seconds, whole: `endDate` again. */
  readonly expiresAtS: number;
  /** Taken out of scaling altogether. */
  readonly excluded: boolean;
  readonly instanceName: string | null;
  /** Null in the main fleet. */
  readonly subfleetName: string | null;
}

/** Reads the JSON body of a `control/instances/...` answer, in its order. Throws WireFieldError. */
export function parseControlRecords(body: unknown): readonly ControlRecord[] {
  return Object.entries(toObject(body, 'answer')).map(([instanceId, value]) => {
    const wire = toObject(value, instanceId);
    const path = (field: string) => `${instanceId}.${field}`;
    return {
      instanceId,
      startDate: readString(wire, 'StartDate', path('StartDate')),
      endDate: readString(wire, 'EndDate', path('EndDate')),
      expiresAtS: readCount(wire, 'TTL', path('TTL')),
      excluded: readBoolean(wire, 'Excluded', path('Excluded')),
      instanceName: readOptionalName(wire, 'InstanceName', path('InstanceName')),
      subfleetName: readOptionalName(wire, 'SubfleetName', path('SubfleetName')),
    };
  });
}

/** The body of the answer: an object by instance id. */
export function renderControlRecords(records: readonly ControlRecord[]): JsonValue {
  return Object.fromEntries(
    records.map((record) => [
      record.instanceId,
      {
        StartDate: record.startDate,
        EndDate: record.endDate,
        TTL: record.expiresAtS,
        Excluded: record.excluded,
        InstanceName: record.instanceName,
        SubfleetName: record.subfleetName,
      },
    ]),
  );
}
