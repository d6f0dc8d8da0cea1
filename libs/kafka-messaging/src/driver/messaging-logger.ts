/** The part of a pino logger this library uses. */
export interface MessagingLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. */
export const silentLogger: MessagingLogger = { debug() {}, info() {}, warn() {}, error() {} };
