# Sows each mistake of tests/emulator/mistakes.txt into a copy of its rung, and runs the ladder's test on it: how many are found?
[ "${3:-OFF}" = ON ] && { echo "skipped: the mistakes are sown in the plain build"; exit 77; }
command -v ninja > /dev/null || { echo "skipped: ninja, whose commands this repeats, is not installed"; exit 77; }
cd "$2" || exit 1
[ -f build.ninja ] || { echo "skipped: this build is not ninja's"; exit 77; }
source_folder=$1
work=mistakes
rm -rf "$work" && mkdir -p "$work"
link=$(ninja -t commands tests/test_emulator | tail -1)
export source_folder work

# number|unit|file|expression|what
sow() {
  number=$1 unit=$2 file=$3 expression=$4 what=$5
  folder=$work/$number
  mkdir -p "$folder/kernels/$(dirname "$unit")"
  changed=kernels/$unit.cu
  [ "$file" = - ] || { changed=kernels/$file; mkdir -p "$folder/kernels/$(dirname "$file")"; cp "$source_folder/kernels/$unit.cu" "$folder/kernels/$unit.cu"; }
  sed "$expression" "$source_folder/$changed" > "$folder/$changed"
  if cmp -s "$source_folder/$changed" "$folder/$changed"; then echo "BROKEN $number: '$expression' changes nothing in $changed"; return; fi
  object=kernels/CMakeFiles/ceir_rungs_emulated.dir/$unit.cu.o
  compile=$(ninja -t commands "$object" | tail -1 | sed "s|^.*ccache ||; s| -MD -MT [^ ]* -MF [^ ]*||; s| -o .*$||; s| -I| -I$folder -I|")
  command="$compile -o $folder/rung.o -c $folder/kernels/$unit.cu"
  if ! eval "$command" > "$folder/log" 2>&1; then echo "BROKEN $number: $what: does not compile, see $2/$folder/log"; return; fi
  eval "$(echo "$link" | sed "s|$object|$folder/rung.o|; s|-o tests/test_emulator|-o $folder/test|")" > "$folder/log" 2>&1 || { echo "BROKEN $number: $what: does not link"; return; }
  if "$folder/test" --abort-after=1 -sf="*emulator/$(dirname "$unit").cpp" > "$folder/log" 2>&1; then
    echo "MISSED $number: $changed: $what"
  else
    echo "found $number: $what: $(grep -m1 -oE 'failed: (out of bounds|race|uninit[a-z]* read|misaligned|divergent barrier|warp operation[a-z ]*|undefined shuffle|unfinished copy)' "$folder/log" | sed 's/failed: //' | grep . || echo 'wrong values')"
    rm -rf "$folder"
  fi
}

number=0
while IFS='@' read -r unit file expression what; do
  trim() { echo "$1" | sed 's/^ *//; s/ *$//'; }
  case $unit in \#* | "") continue ;; esac
  number=$((number + 1))
  sow $number "$(trim "$unit")" "$(trim "$file")" "$(trim "$expression")" "$(trim "$what")" >> "$work/results" &
  [ $((number % 2)) = 0 ] && wait
done < "$source_folder/tests/emulator/mistakes.txt"
wait
sort -t' ' -k2 -n "$work/results"
found=$(grep -c '^found' "$work/results")
echo "$found of $number mistakes found"
grep -q '^BROKEN' "$work/results" && exit 1
[ "$number" -ge 30 ] && [ "$found" -ge $((number - 2)) ]
