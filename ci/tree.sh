#!/usr/bin/env bash
# ci/tree.sh DIR [PACKAGE,PACKAGE]: a Debian 13 tree in DIR, made once, from the mirror that this machine's apt uses.
set -euo pipefail

tree=$1
include=${2:-}
[ -e "$tree/.complete" ] && exit 0

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | head -n 1)
[ -n "$mirror" ] || { echo "ci/tree.sh: apt knows no Debian mirror" >&2; exit 1; }
echo "== Debian 13 tree in $tree"
rm -rf "$tree" "$tree.new"
mkdir -p "$(dirname "$tree")"
debootstrap --variant=minbase ${include:+--include="$include"} trixie "$tree.new" "$mirror" >"$tree.log" 2>&1 ||
    { tail -n 40 "$tree.log" >&2; exit 1; }
touch "$tree.new/.complete"
mv "$tree.new" "$tree"
