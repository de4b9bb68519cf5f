#!/bin/sh
# On a machine with an NVIDIA GPU, without a network: every kernel's tests on the device, compute-sanitizer where it is installed, every
# rung's time, and one whole pipeline beside the CPU's. Leaves one dated JSON and Markdown in docs/results/ (or RESULTS=DIR).
# From a checkout it builds what it needs when nvcc and cmake are there; from the bundle of `make gpu-bundle` it runs what is in it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
say() { echo "gpu_check: $*" >&2; }

if [ -d "$here/bin" ]; then root=$here bin=$here/bin; export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
else root=$(dirname "$here") bin=$root/build
fi
if ! ls /proc/driver/nvidia/gpus/* > /dev/null 2>&1 && ! { command -v nvidia-smi > /dev/null && nvidia-smi -L 2> /dev/null | grep -q GPU; }; then
  say "this machine has no NVIDIA GPU that can be used, so there is nothing to check here."
  exit 1
fi
if [ ! -d "$here/bin" ]; then
  if command -v nvcc > /dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then make -C "$root" gpu-programs > /tmp/gpu_check.build.log 2>&1 || { say "the build failed: /tmp/gpu_check.build.log"; exit 1; }
  else say "nvcc is not installed here; make the bundle where it is (make gpu-bundle), and run the script inside it."; exit 1
  fi
fi
ceir=$bin/ceir-cuda tests=$bin/test_gpu
[ -x "$ceir" ] && [ -x "$tests" ] || { say "$bin lacks ceir-cuda or test_gpu"; exit 1; }

results=${RESULTS:-$root/docs/results}
mkdir -p "$results" || exit 1
gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader 2> /dev/null | head -1)
[ -n "$gpu" ] || gpu=unknown
name=$(date -u +%Y-%m-%dT%H%M)-$(echo "$gpu" | tr -c 'A-Za-z0-9\n' '-')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 gaps=0
rows="" seconds=""
row() {  # what, outcome (passed, failed, gap), words
  case $2 in failed) failed=$((failed + 1)) ;; gap) gaps=$((gaps + 1)) ;; esac
  words=$(echo "$3" | tr -d '"\\\n\t|')
  rows="$rows${rows:+,}
    {\"check\": \"$1\", \"outcome\": \"$2\", \"words\": \"$words\"}"
  echo "| $1 | $2 | $words |" >> "$work/table"
  say "$1: $2 ($words)"
}
check() {  # what, seconds at most, command...
  what=$1 limit=$2
  shift 2
  timeout "$limit" "$@" > "$work/log" 2>&1
  code=$?
  if [ $code = 0 ]; then row "$what" passed "$(tail -3 "$work/log" | tr '\n' ' ')"
  else cp "$work/log" "$results/$name.$(echo "$what" | tr -c 'A-Za-z0-9\n' '-').log"; row "$what" failed "exit code $code: $(tail -3 "$work/log" | tr '\n' ' ')"
  fi
}

check "kernel tests on the device" 180 "$tests"
sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2> /dev/null)
for tool in memcheck racecheck synccheck initcheck; do
  if [ -z "$sanitizer" ]; then row "$tool" gap "compute-sanitizer is not installed"; continue; fi
  timeout 60 "$sanitizer" --tool "$tool" --error-exitcode 9 "$tests" -tc='every rung*' > "$work/log" 2>&1
  code=$?
  if [ $code = 0 ]; then row "$tool" passed "$(grep -m1 'ERROR SUMMARY' "$work/log")"
  elif grep -qiE 'not supported|permission|unable to|device not|Internal' "$work/log" && [ $code != 9 ]; then row "$tool" gap "$(grep -m1 -iE 'not supported|permission|unable to|device not|Internal' "$work/log")"
  elif [ $code = 124 ]; then row "$tool" gap "it took more than 60 seconds"
  else row "$tool" failed "$(grep -m1 'ERROR SUMMARY' "$work/log")"
  fi
done
# Every rung at every model's sizes: right, how fast, how far from the roofs of this GPU and from NVIDIA's libraries.
timeout 90 "$ceir" bench --quick --seconds 0.12 --batch 8 --device cuda --json --svg "$results/$name.roofline.svg" > "$results/$name.bench.json" 2> "$work/log"
code=$?
if [ $code = 0 ]; then row "bench" passed "$(grep -o '"ms": [0-9]' "$results/$name.bench.json" | wc -l) figures, $(grep -o 'too noisy' "$results/$name.bench.json" | wc -l) refused as too noisy: $name.bench.json, $name.roofline.svg"
elif [ $code = 124 ]; then rm -f "$results/$name.bench.json"; row "bench" gap "it took more than 90 seconds"
else row "bench" failed "exit code $code: $(tail -3 "$work/log" | tr '\n' ' ')"
fi

# The whole pipeline, on the device and on the CPU: the figures that a reader sees must agree.
for device in cpu cuda; do
  begin=$(date +%s%N)
  check "pipeline on $device" 90 "$ceir" run scenes:256 --device $device --seed 42 --out "$work/$device"
  seconds="$seconds${seconds:+, }\"$device\": $(awk -v ns=$(($(date +%s%N) - begin)) 'BEGIN { printf "%.2f", ns / 1e9 }')"
done
if [ -f "$work/cpu/metrics.json" ] && [ -f "$work/cuda/metrics.json" ]; then
  mean() { tr -d ' \n' < "$work/$1/metrics.json" | sed 's/.*"ceir":{"acc":{"mean":\([0-9.e-]*\).*/\1/'; }
  a=$(mean cpu) b=$(mean cuda)
  if awk -v a="$a" -v b="$b" 'BEGIN { d = a - b; exit !(a + 0 > 0 && d < 0.02 && d > -0.02) }'; then row "cpu and cuda agree" passed "ACC $a and $b"; else row "cpu and cuda agree" failed "ACC $a and $b"; fi
else row "cpu and cuda agree" failed "a run left no metrics.json"
fi

cat > "$results/$name.json" <<JSON
{"date": "$(date -u +%Y-%m-%dT%H:%M:%SZ)", "gpu": "$gpu", "driver": "$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2> /dev/null | head -1)",
  "version": "$("$ceir" --version 2> /dev/null | head -1 | tr -d '"\\')", "failed": $failed, "gaps": $gaps, "checks": [$rows
  ], "pipeline_seconds": {$seconds}}
JSON
{ echo "# GPU check, $(date -u +%Y-%m-%d), $gpu"; echo; echo "$failed failed, $gaps gaps; seconds of the pipeline: $seconds. Made by tools/gpu_check.sh."; echo; echo "| check | outcome | words |"; echo "|---|---|---|"; cat "$work/table"; } > "$results/$name.md"
say "$failed failed, $gaps gaps; $results/$name.md"
[ $failed = 0 ]
