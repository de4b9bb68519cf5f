# The examples of docs/adding.md, put into a copy of the sources, compiled with the commands of this build, and tested.
[ "${3:-OFF}" = ON ] && { echo "skipped: the examples are compiled in the plain build"; exit 77; }
command -v ninja > /dev/null || { echo "skipped: ninja, whose commands this repeats, is not installed"; exit 77; }
cd "$2" || exit 1
[ -f build.ninja ] || { echo "skipped: this build is not ninja's"; exit 77; }
source=$1 work=$PWD/adding
rm -rf "$work" && mkdir -p "$work/new"
bad() { echo "$*"; exit 1; }

# Each ```LANGUAGE FILE [after="..."|before="..."] block becomes FILE, or goes into it beside the first line that has the text.
awk -v work="$work/new" '
  /^```[a-z+]+ [a-z]+\// {
    file = $2; place = "-"; text = "-"; body = ""
    if (match($0, /(after|before)=".*"$/)) { place = substr($0, RSTART); text = place; sub(/="/, " ", place); sub(/ .*/, "", place); sub(/^[a-z]+="/, "", text); sub(/"$/, "", text); gsub(/\\"/, "\"", text) }
    inside = 1; next
  }
  /^```/ && inside { inside = 0; count++; name = work "/" count; printf "%s", body > name; close(name); print file "\t" place "\t" text "\t" name; next }
  inside { body = body $0 "\n" }
' "$source/docs/adding.md" > "$work/blocks"
[ "$(wc -l < "$work/blocks")" -ge 11 ] || bad "docs/adding.md has $(wc -l < "$work/blocks") blocks of code"
tab=$(printf '\t')
while IFS="$tab" read -r file place text body; do
  mkdir -p "$work/$(dirname "$file")"
  if [ "$place" = - ]; then
    [ ! -e "$source/$file" ] || bad "docs/adding.md: $file is there already"
    cp "$body" "$work/$file"
    continue
  fi
  [ -f "$work/$file" ] || cp "$source/$file" "$work/$file"
  TEXT=$text awk -v place="$place" -v body="$body" '
    function insert(line) { while ((getline line < body) > 0) print line }
    index($0, ENVIRON["TEXT"]) && !done { done = 1; if (place == "before") insert(); print; if (place == "after") insert(); next }
    { print }
    END { exit !done }' "$work/$file" > "$work/changed" || bad "docs/adding.md: $file has no line with: $text"
  mv "$work/changed" "$work/$file"
done < "$work/blocks"

# The command that compiles what has a source inside, with the copy's file in its place and the copy's headers first.
like() {  # object of this build, the source to compile, where to
  command=$(ninja -t commands "$1" | tail -1 | sed "s|^.*ccache ||; s| -MD -MT [^ ]* -MF [^ ]*||; s| -o .*$||; s| -I| -I$work -I|")
  eval "$command -o '$3' -c '$2'" > "$3.log" 2>&1 || { tail -20 "$3.log"; bad "$2 does not compile"; }
}
# The object of a library that holds a source: its own, or one of several joined.
member() {  # target's folder, source below it
  joined=$(grep -l "/$2\"" "$1"/Unity/*.cxx 2> /dev/null | head -1)
  if [ -n "$joined" ]; then echo "$joined.o"; else echo "$1/${2#*/}.o"; fi
}
joined_copy() {  # object, source below the root: what to compile in its place
  case $1 in
    */Unity/*) sed "s|\"[^\"]*/kernels/softmax/variants.cpp\"|\"$work/kernels/softmax/variants.cpp\"|; s|\"[^\"]*/kernels/tables.cpp\"|\"$work/kernels/tables.cpp\"|" "${1%.o}" > "$work/$(basename "$1" .o)"
      echo "$work/$(basename "$1" .o)" ;;
    *) echo "$work/$2" ;;
  esac
}
kernels=kernels/CMakeFiles/ceir_kernels.dir tensor=tensor/CMakeFiles/ceir_tensor.dir
softmax=$(member $kernels kernels/softmax/variants.cpp) tables=$(member $kernels kernels/tables.cpp)
rung=kernels/CMakeFiles/ceir_rungs_emulated.dir/softmax/softmax_v1_naive.cu.o

{ like $rung "$work/kernels/softmax/softmax_v6_half_warp.cu" "$work/rung.o" && like "$softmax" "$(joined_copy "$softmax" kernels/softmax/variants.cpp)" "$work/$(basename "$softmax")"; } &
first=$!
models=models/CMakeFiles/ceir_models.dir
cases=$(member $models models/bench/cases.cpp)
{ { [ "$softmax" = "$tables" ] || like "$tables" "$(joined_copy "$tables" kernels/tables.cpp)" "$work/$(basename "$tables")"; } && like "$tables" "$work/kernels/softplus/variants.cpp" "$work/softplus.o" &&
  like "$(member $tensor tensor/ops/softmax.cpp)" "$work/tensor/ops/softplus.cpp" "$work/softplus_op.o" &&
  like tests/CMakeFiles/test_tensor.dir/tensor/op_rows_unary.cpp.o "$work/tests/tensor/op_rows_unary.cpp" "$work/op_rows_unary.o" &&
  like "$cases" "$work/models/bench/cases.cpp" "$work/bench_cases.o" && like "$cases" "$work/models/bench/softplus.cpp" "$work/bench_softplus.o"; } &
second=$!
wait $first || exit 1
wait $second || exit 1

# The library with those two objects changed, and the test programs linked as ever.
cp kernels/libceir_kernels.a "$work/libceir_kernels.a"
(cd "$work" && ar r libceir_kernels.a "$(basename "$softmax")" "$(basename "$tables")") || exit 1
relink() {  # program, what to add
  command=$(ninja -t commands "tests/$1" | tail -1 | sed "s|kernels/libceir_kernels.a|$work/libceir_kernels.a|g; s|-o tests/$1 |-o $work/$1 $2 |; s|tests/CMakeFiles/test_tensor.dir/tensor/op_rows_unary.cpp.o|$work/op_rows_unary.o|")
  eval "$command" > "$work/$1.log" 2>&1 || { tail -20 "$work/$1.log"; bad "$1 does not link"; }
}
relink test_emulator "$work/rung.o $work/softplus.o"
relink test_tensor "$work/softplus_op.o $work/softplus.o"
"$work/test_emulator" -s -sf='*emulator/softmax.cpp' > "$work/emulator.log" 2>&1 || { tail -30 "$work/emulator.log"; bad "the new rung fails its ladder's test"; }
grep -q 'cuda\.v6' "$work/emulator.log" || bad "the ladder's test did not run the new rung"
# (All but the case that reads the folder of the sources, where the copy is not.)
"$work/test_tensor" -s -tce='*nothing that the sources hide*' -sf='*tensor/gradients.cpp' > "$work/tensor.log" 2>&1 || { grep -A8 ERROR "$work/tensor.log" | head -30; bad "the new operation fails the test of gradients"; }
grep -q softplus "$work/tensor.log" || bad "the test of gradients did not run the new operation"
rm -rf "$work"
echo "docs/adding.md: its rung and its operation compile and pass"
