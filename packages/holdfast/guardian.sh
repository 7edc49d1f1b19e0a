#!/bin/sh
# Outlives `holdfast run`, to end the command that it started should it die without having done so.
#
#   guardian.sh SECONDS MARK
#
# SECONDS is how long the command has between TERM and KILL. Reads from `holdfast run`, one a line:
#   begin       a command is about to be started, with HOLDFAST_GUARDIAN=MARK in its environment
#   group PID   it is the leader of a process group of its own
#   tree PID    it shares the group of `holdfast run`, which others may belong to
#   lost SECS   the lock is lost: end the command, with so many seconds between TERM and KILL
#   done        the command has ended, and the lock is released
# The end of the input without `done` means that the command is to be ended. The lock names this process as its holder,
# so it must not end before the command has.

# What reaches the processes of the terminal, or all of a service, is not meant for this one.
trap '' HUP INT QUIT TERM USR1 USR2 TSTP TTIN TTOU PIPE ALRM
LC_ALL=C
export LC_ALL

seconds=$1 mark=$2 begun= group= known=
while read -r word value; do
  case $word in
    begin) begun=yes ;;
    group) group=$value ;;
    tree) known=$value ;;
    lost) seconds=$value ;;
    done) exit 0 ;;
  esac
done
[ -n "$begun" ] || exit 0

# Process, parent, group and state of everything on this machine, one a line.
processes() {
  if [ -r /proc/self/stat ]; then
    # A process has any name it likes, in brackets, line feeds and brackets too: what counts comes behind the last one.
    grep -s '' /proc/[0-9]*/stat | awk '
      { file = $0; sub(/:.*/, "", file); text[file] = text[file] " " substr($0, length(file) + 2) }
      END {
        for (file in text) {
          process = file; gsub(/[^0-9]/, "", process)
          rest = text[file]; sub(/.*\) /, "", rest); split(rest, field, " ")
          print process, field[2], field[3], field[1]
        }
      }'
  else
    ps -A -o pid= -o ppid= -o pgid= -o state=
  fi
}

# Those of the command that still run: its group, or else what was known of it, with all descendants.
members() {
  processes | awk -v group="$group" -v known="$known" '
    $4 ~ /^[ZX]/ { next }
    { parent[$1] = $2; if (group != "" && $3 == group) member[$1] }
    END {
      count = split(known, pids, " ")
      for (i = 1; i <= count; i++) if (pids[i] in parent) member[pids[i]]
      do {
        more = 0
        if (group == "") for (pid in parent) if (!(pid in member) && parent[pid] in member) { member[pid]; more = 1 }
      } while (more)
      for (pid in member) printf "%s ", pid
    }'
}

send() {
  if [ -n "$group" ]; then
    kill -s "$1" -- "-$group"
  else
    # shellcheck disable=SC2086 # one word for each process
    kill -s "$1" $known
  fi 2>/dev/null
}

# `holdfast run` died between `begin` and the next line. This input ended only when the new process, too, had closed
# its copy, which it did by becoming the command; its environment may be visible a moment later.
if [ -z "$group$known" ]; then
  sleep 0.1 2>/dev/null || sleep 1
  known=$(grep -ls "HOLDFAST_GUARDIAN=$mark" /proc/[0-9]*/environ | tr -c '0-9\n' ' ')
fi

known=$(members)
[ -n "$known" ] || exit 0
send TERM
send CONT # A stopped process gets its TERM when it goes on.
sleep "$seconds" &
patience=$!
while known=$(members) && [ -n "$known" ]; do
  kill -0 "$patience" 2>/dev/null || send KILL
  sleep 0.1 2>/dev/null || sleep 1
done
kill -s KILL "$patience" 2>/dev/null
exit 0
