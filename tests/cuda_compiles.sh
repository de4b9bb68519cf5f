# nvcc compiles every rung, for one architecture here (`make cuda-all`: for all of them), with nothing spilled to memory. What is
# in the objects: tests/emulator/matrix.cpp.
cd "$2" || exit 1
[ "${3:-OFF}" = ON ] && { echo "skipped: a sanitized build compiles the same rungs"; exit 77; }
grep -q '^CEIR_NVCC:.*NOTFOUND' CMakeCache.txt && { echo "skipped: nvcc is not installed"; exit 77; }
cmake --build . --target cuda-one || exit 1
status=0
for rung in $(find "$1/kernels" -name '*.cu'); do
  object=kernels/cuda-one/${rung#"$1"/kernels/}.o
  [ -f "$object" ] || { echo "$rung was not compiled"; status=1; continue; }
  if grep -E '[1-9][0-9]* bytes spill' "$object.log"; then echo "$rung spills registers"; status=1; fi
done
[ $status = 0 ] || exit 1
echo "$(find kernels/cuda-one -name '*.o' | wc -l) rungs, one architecture each, no spills"
