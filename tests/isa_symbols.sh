# Files with instruction-set flags may define no weak symbol: an inline function compiled for AVX may win at link time
# over the plain one, and crash an older processor.
cd "$2" || exit 1
command -v nm > /dev/null || { echo "skipped: nm is not installed"; exit 77; }
files=$(find . \( -name '*_avx2.cpp.o' -o -name '*_avx512.cpp.o' \) | sort)
[ -n "$files" ] || { echo "skipped: nothing was compiled for AVX here"; exit 77; }
bad=$(nm -C -A $files | grep -E ' [WVvu] ' | grep -vE 'DW\.ref\.')
if [ -n "$bad" ]; then echo "weak or shared symbols in files with instruction-set flags:"; echo "$bad"; exit 1; fi
echo "$(echo "$files" | wc -l) object files, no weak symbol"
