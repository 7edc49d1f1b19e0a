import { type FailedAttempt } from '@holdfast/vfs/adapter';
import type { Channel } from './channel.js';

/** A connection that is open, with an SFTP session in it. */
export interface Link {
  readonly channel: Channel;
  /** Fulfils once it is of no more use, whatever the reason. Never rejects. */
  readonly down: Promise<FailedAttempt>;
  /** Fulfils once a request got no answer while later ones did: nothing new should be sent. Never rejects. */
  readonly stuck: Promise<void>;
  /** Whether it keeps the process alive, as it should while someone waits for a reply. */
  keepAlive(yes: boolean): void;
  /** Says goodbye, and cuts it off. What is under way rejects with `why`. */
  end(why: FailedAttempt): void;
}
