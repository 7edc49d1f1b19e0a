/** A file server of the lab, with what can happen to it. */
export interface FileServer {
  /** It stands still, and answers nothing. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** It ends without a word, and starts again. */
  restart(): Promise<void>;
}
