const ASCII_LIMIT = 0x80;

/** Reads Kafka's primitive types out of one buffer. Byte sequences share its memory. */
export class ByteReader {
  constructor(
    readonly bytes: Buffer,
    public position = 0,
  ) {}

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  int8(): number {
    return this.bytes.readInt8(this.position++);
  }

  int16(): number {
    this.position += 2;
    return this.bytes.readInt16BE(this.position - 2);
  }

  int32(): number {
    this.position += 4;
    return this.bytes.readInt32BE(this.position - 4);
  }

  /** Offsets and timestamps, which fit a double. */
  int64(): number {
    this.position += 8;
    return this.bytes.readInt32BE(this.position - 8) * 2 ** 32 + this.bytes.readUInt32BE(this.position - 4);
  }

  /** Zigzag, seven bits a byte; exact up to 53 bits. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.position++]!;
    let value = byte & 0x7f;
    for (let scale = 128; byte >= ASCII_LIMIT; scale *= 128) {
      if (this.position >= bytes.length || scale > 2 ** 56) throw new RangeError('a varint that does not end');
      byte = bytes[this.position++]!;
      value += (byte & 0x7f) * scale;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Seven bits a byte, without zigzag: lengths and counts of newer requests. */
  unsignedVarint(): number {
    const { bytes } = this;
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      if (this.position >= bytes.length) break;
      const byte = bytes[this.position++]!;
      value += (byte & 0x7f) * scale;
      if (byte < ASCII_LIMIT) return value;
    }
    throw new RangeError('a varint that does not end');
  }

  string16(): string {
    const length = this.int16();
    this.position += length;
    return this.bytes.toString('utf8', this.position - length, this.position);
  }

  skip(length: number): void {
    this.position += length;
    if (this.position > this.bytes.length) throw new RangeError('beyond the end of the buffer');
  }

  slice(length: number): Buffer {
    this.skip(length);
    return this.bytes.subarray(this.position - length, this.position);
  }

  /** With its length as a varint; null when that is negative. */
  varintBytes(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.slice(length);
  }

  /**
   * The same as text where it is plain ASCII, which keeps every byte; as bytes where it is anything else. `guess` itself
   * when that is what it says: no string is made then.
   */
  varintTextOrBytes(guess = ''): string | Buffer {
    const length = Math.max(this.varint(), 0);
    const { bytes } = this;
    const start = this.position;
    const end = start + length;
    if (end > bytes.length) throw new RangeError('beyond the end of the buffer');
    this.position = end;
    if (guess.length === length && isAsciiAt(guess, bytes, start)) return guess;
    for (let i = start; i < end; i++) if (bytes[i]! >= ASCII_LIMIT) return bytes.subarray(start, end);
    return bytes.toString('latin1', start, end);
  }
}

function isAsciiAt(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
