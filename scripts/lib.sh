# shellcheck shell=bash
# Sourced by the other scripts: where the checkout is, and how to say things.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
[ -t 2 ] || say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# Compilers of this code take up to 1.5 GB each.
jobs() {
  local cores memory most
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo)
  most=$((cores + 1 < 3 ? cores + 1 : cores))
  [ "$memory" -ge 1 ] || memory=1
  [ "$most" -le "$memory" ] || most=$memory
  [ -z "${TELLTALE_JOBS:-}" ] || most=$TELLTALE_JOBS
  echo "$most"
}
