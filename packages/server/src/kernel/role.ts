/** A running role of the program, as its start function returns it. */
export interface RunningRole {
  /** Where it listens, by name: `gateway`, `platform`, `admin`. */
  readonly urls: Readonly<Record<string, string>>;
  /** Drains and ends: no new work, running work is finished within its bounds, files and connections are closed. */
  stop(): Promise<void>;
}

export interface Address {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}
