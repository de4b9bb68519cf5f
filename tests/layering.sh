# Includes run one way only: kernels <- tensor <- { nn, data, weights } <- models <- tools.
cd "$1" || exit 1
status=0
check() { # folder, pattern of rooms it may not include
  bad=$(grep -rnE "#include \"($2)/" "$1" --include=*.h --include=*.cpp --include=*.cu)
  if [ -n "$bad" ]; then echo "$1 may not include $2:"; echo "$bad"; status=1; fi
}
check kernels 'tensor|nn|data|weights|models|tools|tests'
check tensor 'nn|data|weights|models|tools|tests'
check nn 'data|weights|models|tools|tests'
check data 'nn|weights|models|tools|tests'
check weights 'nn|data|models|tools|tests'
check models 'tools|tests'
check tools 'tests'
long=$(find kernels tensor nn data weights models tools tests -name '*.h' -o -name '*.cpp' -o -name '*.cu' | xargs wc -l | awk '$1 > 500 && $2 != "total"')
if [ -n "$long" ]; then echo "files over 500 lines:"; echo "$long"; status=1; fi
exit $status
