const ASCII_LIMIT = 0x80;
/** The longest text that is worth a loop; above it the native call is faster. */
const SHORT_TEXT = 64;

/** Writes Kafka's primitive types into one growing buffer. */
export class ByteWriter {
  private bytes: Buffer;
  private end = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  get position(): number {
    return this.end;
  }

  /** What was written; shares the writer's memory. */
  written(): Buffer {
    return this.bytes.subarray(0, this.end);
  }

  int8(value: number): void {
    this.reserve(1);
    this.end = this.bytes.writeInt8(value, this.end);
  }

  int16(value: number): void {
    this.reserve(2);
    this.end = this.bytes.writeInt16BE(value, this.end);
  }

  int32(value: number): void {
    this.reserve(4);
    this.end = this.bytes.writeInt32BE(value, this.end);
  }

  int64(value: bigint): void {
    this.reserve(8);
    this.end = this.bytes.writeBigInt64BE(value, this.end);
  }

  /** Zigzag, seven bits a byte. */
  varint(value: number): void {
    this.unsignedVarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** Seven bits a byte, without zigzag: lengths and counts of newer requests. */
  unsignedVarint(value: number): void {
    this.reserve(5);
    let rest = value;
    while (rest >= ASCII_LIMIT) {
      this.bytes[this.end++] = (rest & 0x7f) | ASCII_LIMIT;
      rest >>>= 7;
    }
    this.bytes[this.end++] = rest;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** With its length in 16 bits, as names in requests. */
  string16(text: string): void {
    this.int16(Buffer.byteLength(text));
    this.text(text);
  }

  /** With its length as a varint, as everything in a record; null is -1. */
  varintBytes(value: Uint8Array | string | null): void {
    if (value === null) this.varint(-1);
    else if (typeof value === 'string') this.varintText(value);
    else {
      this.varint(value.length);
      this.raw(value);
    }
  }

  /** Overwrites what was written earlier. */
  int32At(position: number, value: number): void {
    this.bytes.writeInt32BE(value, position);
  }

  uint32At(position: number, value: number): void {
    this.bytes.writeUInt32BE(value, position);
  }

  /** Puts the length of everything behind `position` in front of it, as a varint. */
  varintLengthAt(position: number): void {
    const length = this.end - position;
    let width = 1;
    for (let rest = length >>> 6; rest > 0; rest >>>= 7) width++;
    this.reserve(width);
    this.bytes.copyWithin(position + width, position, this.end);
    this.end = position;
    this.varint(length);
    this.end += length;
  }

  private varintText(text: string): void {
    const start = this.end;
    if (text.length < SHORT_TEXT && this.asciiText(text)) return;
    this.end = start;
    this.varint(Buffer.byteLength(text));
    this.text(text);
  }

  // Headers are short and plain nearly always, and for those a loop beats two calls into the runtime.
  private asciiText(text: string): boolean {
    this.varint(text.length);
    this.reserve(text.length);
    const { bytes } = this;
    let at = this.end;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= ASCII_LIMIT) return false;
      bytes[at++] = code;
    }
    this.end = at;
    return true;
  }

  private text(text: string): void {
    this.reserve(text.length * 3);
    this.end += this.bytes.write(text, this.end);
  }

  private reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.end + length));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}
