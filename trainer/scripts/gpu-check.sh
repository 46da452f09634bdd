#!/bin/sh
# Checks training on this machine's GPU by a bundle that node trainer/scripts/gpu-bundle.mjs made. Needs an NVIDIA driver, and nothing else:
# no network, no root, no Node. See docs/gpu.md.
#
#   sh gpu-check.sh [BUNDLE] [--out FOLDER] [--minutes 8] [--batches 128,256,512] [--networks resnet20_1w1a,resnet18_1w1a]
#
# BUNDLE is the folder of this script if it isn't given. The exit status is 0 if a training step on the GPU computes what one on the CPU
# does, 1 if it doesn't or couldn't be made, and 2 if nothing could be tried; --out has report.json in the first two cases.
set -eu
started=$(date +%s)
here=$(cd "$(dirname "$0")" && pwd)
case ${1-} in
  '' | -*) bundle=$here ;;
  *)
    bundle=$1
    shift
    ;;
esac
fail() {
  echo "$1" >&2
  exit 2
}
[ -f "$bundle/manifest.json" ] || fail "$bundle is no bundle: it has no manifest.json. Make one by: node trainer/scripts/gpu-bundle.mjs BUNDLE CIFAR10_FOLDER"
[ "$(uname -s) $(uname -m)" = 'Linux x86_64' ] || fail "the bundle's programs are for Linux on x86-64, and this is $(uname -s) on $(uname -m)"
bundle=$(cd "$bundle" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# A copied folder may have lost the right to be executed, and a loan may be read-only.
cp "$bundle/bin/xz" "$work/xz"
chmod +x "$work/xz"
LD_LIBRARY_PATH="$bundle/lib" "$work/xz" -dc "$bundle/node.xz" > "$work/node" || fail "$bundle/node.xz can't be unpacked"
chmod +x "$work/node"

checkout=$here/../..
if [ -d "$checkout/node_modules" ]; then set -- "$@" --checkout "$(cd "$checkout" && pwd)"; fi
"$work/node" "$bundle/check.mjs" --bundle "$bundle" --work "$work" --started "$started" "$@"
