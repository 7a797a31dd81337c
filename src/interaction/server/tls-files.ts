// The certificate and key that the server answers HTTPS with, from files that are replaced when they are renewed.
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { followFiles } from './follow-files.ts';

/** The files cannot be used together. The message names the one at fault, as far as can be told. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

export interface TlsFiles {
  /** What to use from now on: the same object until the files changed. Two system calls when they have not; throws nothing. */
  current(): SecureContextOptions;
}

/**
 * Reads a PEM certificate, with the chain behind it, and its private key; throws TlsFilesError. `onWarning` gets a line
 * when others can read the key, and when a change cannot be used: then what was read before stays in use until the
 * files can be.
 */
export function openTlsFiles(
  certificatePath: string,
  keyPath: string,
  onWarning: (line: string) => void,
): TlsFiles {
  const current = followFiles(
    [certificatePath, keyPath],
    () => readContext(certificatePath, keyPath, onWarning),
    (reason) => onWarning(`${reason}; the certificate read before stays in use`),
  );
  return { current };
}

function readContext(
  certificatePath: string,
  keyPath: string,
  onWarning: (line: string) => void,
): SecureContextOptions {
  const cert = readPem(certificatePath, 'CERTIFICATE');
  const key = readPem(keyPath, 'PRIVATE KEY');
  const context: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' };
  try {
    createSecureContext(context);
  } catch (error) {
    throw new TlsFilesError(`${certificatePath} and ${keyPath} cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
  // Not by their group: Debian's keys are the group ssl-cert's to read.
  if ((statSync(keyPath).mode & 0o004) !== 0)
    onWarning(`${keyPath} is readable by others: chmod o= ${keyPath}`);
  return context;
}

/** OpenSSL's own words for what is no PEM at all help nobody. */
function readPem(path: string, label: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TlsFilesError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  if (!new RegExp(`^-----BEGIN [A-Z ]*${label}-----`, 'm').test(text)) {
    throw new TlsFilesError(`${path}: has no ${label.toLowerCase()} in PEM form`);
  }
  return text;
}
