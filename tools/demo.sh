#!/bin/sh
# The whole method on a small drawn world, with the built-in CLIP: run by `make demo`. Its output stays in runs/demo.
set -eu
ceir="$1"
out="${CEIR_DEMO:-runs/demo}"
mkdir -p "$out"
[ -d "$out/world" ] || "$ceir" scenes --train 1500 --test 500 --out "$out/world" --quiet
"$ceir" run scenes:2000 --seeds 42,43,44 --out "$out/run"
echo
echo "pictures:  $out/world/          (a drawn world whose content is known: truth.jsonl)"
echo "report:    $out/run/report.html (open it in a browser)"
echo "next:      $ceir explain $out/run --image '#17'"
echo "           $ceir edit $out/run --image '#17' --set-concept 'NAME=2'   (names: $out/run/concepts.json)"
