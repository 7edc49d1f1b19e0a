export { planCleanup, type CleanupPlan, type Removal } from './cleanup-plan.js';
export { Ledger, type Told } from './ledger.js';
export type { Look } from './look.js';
export {
  beatName,
  claimName,
  HIGHEST_NUMBER,
  LONGEST_TTL_MS,
  LONGEST_WINDOW_MS,
  markName,
  MOST_PERMITS,
  parseLedgerName,
} from './names.js';
export type { Numbered } from './numbered.js';
export { encodeBeat, encodeRecord, holderOf, LONGEST_LABEL, type ClaimRecord } from './record.js';
export {
  confirm,
  FIRST_WINDOW_MS,
  holdersAndWaiters,
  inTheWay,
  isLive,
  liveBelow,
  permitsFault,
  lossIn,
  newOrigin,
  remaining,
  turnIn,
  turnsAhead,
  windowOf,
  type Claim,
  type Confirmation,
  type Mode,
  type TurnRule,
  type Wish,
} from './rules.js';
