/** How the command line ends. Numbers from 64 on are those of sysexits.h; the last two are the shell's. */
export const ExitStatus = {
  done: 0,
  /** What was asked for was not done, and that is an answer: a wrong token, a "no". */
  refused: 1,
  usage: 64,
  /** The storage cannot be reached, or is not safe. */
  unavailable: 69,
  /** A defect of this program. */
  defect: 70,
  /** What is of use only if it is read could not be printed. */
  notPrinted: 74,
  /** The lock was not obtained in time. */
  notObtained: 75,
  /** The lock was lost while the command ran. */
  lost: 76,
  cannotRun: 126,
  notFound: 127,
} as const;
