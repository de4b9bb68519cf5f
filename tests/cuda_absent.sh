# The program with nvcc's rungs inside: it needs no library of NVIDIA's to start, starts in under 10 ms, opens none before a device is
# asked for, and says in one sentence when there is no driver, no device, or a driver that is too old.
cd "$2" || exit 1
[ "${3:-OFF}" = ON ] && { echo "skipped: a sanitized program starts slower"; exit 77; }
grep -q '^CEIR_NVCC:.*NOTFOUND' CMakeCache.txt && { echo "skipped: nvcc is not installed"; exit 77; }
cmake --build . --target ceir-cuda-one fake_cuda > /dev/null || exit 1
program=$PWD/ceir-cuda-one
bad() { echo "$*"; exit 1; }

readelf -d "$program" | grep -iE 'NEEDED.*(cuda|cudnn|cublas|nvidia)' && bad "it is linked against a library of NVIDIA's"

# The fastest of 20 starts: what the program needs, not what else the machine was doing.
least=1000000
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  begin=$(date +%s%N)
  "$program" tokenize --help > /dev/null || bad "it does not start"
  us=$((($(date +%s%N) - begin) / 1000))
  [ $us -lt $least ] && least=$us
done
[ $least -lt 10000 ] || bad "a start takes $least us, and 10000 is the limit"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LD_DEBUG=libs "$program" scenes --train 2 --test 1 --out "$work/scenes" 2> "$work/libraries" > /dev/null || bad "scenes failed"
grep -iE 'find library=lib(cuda|cudnn|cublas|nv)' "$work/libraries" && bad "a library of NVIDIA's was looked for by a command on the CPU"

# A command that computes, on a device that cannot be had: exit 2, one sentence, no file.
refuses() {  # what the sentence must hold, library folder
  LD_LIBRARY_PATH=$2 "$program" embed --device cuda --images "$work/scenes" --out "$work/f.npy" > "$work/out" 2> "$work/err"
  code=$?
  [ $code = 2 ] || { cat "$work/err"; bad "exit code $code, where 2 was due ($1)"; }
  grep -qF "$1" "$work/err" || { cat "$work/err"; bad "it does not say: $1"; }
  [ "$(grep -c '^ceir: ' "$work/err")" = 1 ] || bad "not one sentence"
  [ ! -e "$work/f.npy" ] || bad "it left a file"
}
mkdir "$work/fake"
ln -s "$PWD/tests/libfake_cuda.so" "$work/fake/libcuda.so.1"
export FAKE_CUDA="no device"
refuses "this machine has an NVIDIA driver, but no GPU that it can use" "$work/fake"
export FAKE_CUDA=old
refuses "the NVIDIA driver is too old: it is for CUDA 11.4, and CUDA 12.0 or newer is needed" "$work/fake"
unset FAKE_CUDA
if ldconfig -p 2> /dev/null | grep -q 'libcuda\.so\.1'; then echo "this machine has a driver: 'not installed' cannot be seen"
else refuses "the NVIDIA driver is not installed (libcuda.so.1 cannot be opened)" ""
fi

# The same program, on the CPU, in each of these states.
for state in "no device" old lost; do
  FAKE_CUDA=$state LD_LIBRARY_PATH=$work/fake "$program" embed --device cpu --images "$work/scenes" --out "$work/cpu.npy" --force > /dev/null 2> "$work/err" || { cat "$work/err"; bad "--device cpu fails where the driver is '$state'"; }
done
echo "starts in $least us without a library of NVIDIA's; absent, without a device and too old are said"
