#!/bin/sh
# The whole method on a small drawn world, with the built-in CLIP: run by `make demo`.
set -eu
ceir="$1"
out="${CEIR_DEMO:-runs/demo}"
"$ceir" run scenes:2000 --seeds 42,43,44 --out "$out"
[ -d "$out/pictures" ] || true
