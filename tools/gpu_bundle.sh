#!/bin/sh
# gpu_bundle.sh BUILD: BUILD/gpu-bundle.tar.gz with ceir-cuda, test_gpu, the libraries that they need (the C library is the other
# machine's) and gpu_check.sh. At most 60 MB.
set -eu
build=$1
source=$(cd "$(dirname "$0")" && pwd)
bundle=$build/gpu-bundle
rm -rf "$bundle" && mkdir -p "$bundle/bin" "$bundle/lib"
cp "$build/ceir-cuda" "$bundle/bin/ceir-cuda"
cp "$build/tests/test_gpu" "$bundle/bin/test_gpu"
strip "$bundle/bin/"*
for program in "$bundle/bin/"*; do ldd "$program"; done | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u |
  grep -vE '/(libc|libm|libdl|libpthread|librt|libresolv|ld-linux[^/]*)\.so' | while read -r library; do cp -L "$library" "$bundle/lib/"; done
cp "$source/gpu_check.sh" "$bundle/"
tar -C "$build" -czf "$build/gpu-bundle.tar.gz" gpu-bundle
bytes=$(wc -c < "$build/gpu-bundle.tar.gz")
[ "$bytes" -le 60000000 ] || { echo "the bundle has $bytes bytes; 60000000 is the limit" >&2; exit 1; }
echo "$build/gpu-bundle.tar.gz: $bytes bytes"
