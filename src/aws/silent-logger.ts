// The SDK's own words go nowhere: libraries here return and throw, only programs log.

const ignore = (): void => undefined;

export const silentLogger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
