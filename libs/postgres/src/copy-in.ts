import { Query, type PoolClient } from 'pg';

/** What `pg` calls when the server is ready for the data of a COPY. */
interface CopyTarget {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * Runs `COPY … FROM STDIN` with data in the format that the statement names and resolves with the number of rows. About
 * twice as fast as INSERT for many rows. Errors are those of any statement: the transaction is aborted, the connection
 * stays usable.
 */
export function copyIn(client: PoolClient, statement: string, data: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const copy = new CopyIn(statement, data, (error, result) => (error ? reject(error) : resolve(result!.rowCount)));
    client.query(copy);
  });
}

type Done = (error: Error | null, result?: { readonly rowCount: number }) => void;

// pg types the constructor without its callback.
const QueryWithCallback = Query as unknown as new (config: { text: string; callback: Done }) => Query;

class CopyIn extends QueryWithCallback {
  constructor(
    text: string,
    private readonly data: string,
    callback: Done,
  ) {
    super({ text, callback });
  }

  handleCopyInResponse(connection: CopyTarget): void {
    connection.sendCopyFromChunk(Buffer.from(this.data));
    connection.endCopyFrom();
  }
}
