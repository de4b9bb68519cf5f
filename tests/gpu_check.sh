# tools/gpu_check.sh on a machine without a GPU says so in one sentence and fails; the bundle for a machine without a compiler is
# made (here with the programs for one architecture), is small enough, and starts in another folder.
[ "${3:-OFF}" = ON ] && { echo "skipped: sanitized programs are not bundled"; exit 77; }
ls /proc/driver/nvidia/gpus/* > /dev/null 2>&1 && { echo "skipped: this machine has a GPU; run tools/gpu_check.sh itself"; exit 77; }
bad() { echo "$*"; exit 1; }
refuses() {
  said=$(sh "$1" 2>&1) && bad "$1 succeeds without a GPU"
  [ "$said" = "gpu_check: this machine has no NVIDIA GPU that can be used, so there is nothing to check here." ] || bad "it says: $said"
}
refuses "$1/tools/gpu_check.sh"
cd "$2" || exit 1
program=ceir
grep -q '^CEIR_NVCC:.*NOTFOUND' CMakeCache.txt || { cmake --build . --target ceir-cuda-one > /dev/null || exit 1; program=ceir-cuda-one; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/build/tests"
cp "$program" "$work/build/ceir-cuda" && cp tests/test_emulator "$work/build/tests/test_gpu" || exit 1
sh "$1/tools/gpu_bundle.sh" "$work/build" > "$work/said" || bad "the bundle is not made"
mkdir "$work/elsewhere" && tar -C "$work/elsewhere" -xzf "$work/build/gpu-bundle.tar.gz" || bad "the bundle cannot be unpacked"
rm -rf "$work/build"
cd "$work/elsewhere/gpu-bundle" || exit 1
for program in bin/ceir-cuda bin/test_gpu; do
  LD_LIBRARY_PATH=$PWD/lib ldd "$program" | grep 'not found' && bad "$program lacks a library"
done
LD_LIBRARY_PATH=$PWD/lib bin/ceir-cuda --version > /dev/null || bad "ceir-cuda does not start from the bundle"
refuses ./gpu_check.sh
cat "$work/said"
