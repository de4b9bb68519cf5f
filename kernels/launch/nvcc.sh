# nvcc.sh NVCC SOURCE OBJECT ARCHITECTURES FLAGS...: compiles a rung for each architecture that has its instructions. A line
# "// needs sm_80" in the source leaves out the older ones, "// only sm_90a" all others; the rung's row in its table says the same
# (tests/emulator/matrix.cpp holds the two together). ARCHITECTURES is "75 80 90a 120", where the newest also carries its PTX,
# for GPUs that are younger than the toolkit; or "one", for one that the rung knows. Nothing is compressed, so that tests can read
# the instructions. What ptxas says of registers and spills stays beside the object (OBJECT.log). A rung without any of the
# architectures becomes an empty object.
set -eu
nvcc=$1; source=$2; object=$3; architectures=$4; shift 4
least=$(sed -n 's|^// needs sm_\([0-9]*\).*|\1|p' "$source" | head -1)
only=$(sed -n 's|^// only sm_\([0-9]*a\{0,1\}\).*|\1|p' "$source" | head -1)
if [ "$architectures" = one ]; then
  architectures=${only:-80}
  [ "${least:-0}" -le 80 ] || architectures=$least
fi
newest=${architectures##* }
codes=""
for a in $architectures; do
  number=${a%a}
  [ -n "$least" ] && [ "$number" -lt "$least" ] && continue
  [ -n "$only" ] && [ "$a" != "$only" ] && continue
  if [ "$a" = "$newest" ]; then codes="$codes -gencode arch=compute_$a,code=[sm_$a,compute_$a]"; else codes="$codes -gencode arch=compute_$a,code=sm_$a"; fi
done
echo "architectures:$codes" > "$object.log"
if [ -z "$codes" ]; then
  echo | ${CXX:-c++} -x c++ -c - -o "$object"
  exit 0
fi
"$nvcc" -std=c++20 -O3 -Xptxas -v -Xcompiler -fPIE,-ffp-contract=off -DFMT_CONSTEVAL= -DFMT_USE_CONSTEXPR=1 --no-compress $codes "$@" -c "$source" -o "$object.partial.o" >> "$object.log" 2>&1 ||
  { cat "$object.log" >&2; exit 1; }
mv "$object.partial.o" "$object"  # so that an interrupted build leaves nothing that looks like an object
