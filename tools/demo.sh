#!/bin/sh
# The whole method on a small drawn world, with the built-in CLIP: run by `make demo`. Its output stays in runs/demo.
set -eu
ceir="$1"
out="${CEIR_DEMO:-runs/demo}"
mkdir -p "$out"
[ -d "$out/world" ] || "$ceir" scenes --train 1500 --test 500 --out "$out/world" --quiet
echo "2,000 drawn pictures, 16 scenes nobody names: sound is what a careful reader would do, faithful what the authors' code does"
"$ceir" run scenes:2000 --seeds 42,43,44 --protocol both --out "$out/run"
echo
echo "The sound run, in full:"
"$ceir" eval "$out/run/sound"
echo
echo "pictures:  $out/world/                (a drawn world whose content is known: truth.jsonl)"
echo "report:    $out/run/sound/report.html (open it in a browser; beside it $out/run/comparison.html)"
echo "next:      $ceir explain $out/run/sound --image '#17'"
echo "           $ceir edit $out/run/sound --image '#17' --set-concept 'NAME=2'   (names: $out/run/sound/concepts.json)"
