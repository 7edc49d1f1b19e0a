#!/bin/sh
# A deploy script that guards itself: however often it is started, and from wherever, its steps run one at a time.
#
#   deploy.sh VERSION TARGET
#
# HOLDFAST_URL names where the lock is: file:///mnt/share/locks, say. Without it, the lock is this user's own.
set -eu

if [ "${HOLDFAST_ID-}" != deploy ]; then
  # Not under the lock yet: start again under it. Waits for its turn, for ten minutes at most.
  exec holdfast run --id deploy --timeout 10m --label "${USER:-somebody} deploys $1" -- "$0" "$@"
fi

version=$1 target=$2

# The token grows with every holder. A target that remembers the highest one it has seen can refuse a deploy that was
# stopped for so long that it has lost the lock without knowing it yet.
if [ "$HOLDFAST_TOKEN" -lt "$(cat "$target/token" 2>/dev/null || echo 0)" ]; then
  echo "deploy: a later deploy has begun; stopping" >&2
  exit 1
fi
echo "$HOLDFAST_TOKEN" > "$target/token"

echo "begin $version" >> "$target/log"
echo "$version" > "$target/version"
echo "end $version" >> "$target/log"
