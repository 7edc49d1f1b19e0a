/**
 * What a search takes for granted, so that it may leave out what leads nowhere new. It goes by them until a run shows
 * that one does not hold, and then begins anew without it.
 */
export class Assumptions {
  /** Rounds of microtasks without a sign of life after which all is taken to be settled. */
  quietRounds = 24;
  /** To run a timer of an actor that waits for nothing else grants it nothing. */
  timersGrantNothing = true;
  /** How many of them did not hold. */
  broken = 0;

  /** Somebody stirred after all was taken to be settled. */
  waitLonger(): void {
    this.quietRounds *= 4;
    this.broken++;
  }

  timerGranted(): void {
    if (this.timersGrantNothing) this.broken++;
    this.timersGrantNothing = false;
  }
}
