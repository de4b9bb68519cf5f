# The program starts, and kernels are right, on a processor without AVX: under qemu's Nehalem (SSE4.2 and nothing newer).
if [ "${3:-OFF}" = ON ]; then echo "skipped: a sanitized build does not run under qemu-user"; exit 77; fi
command -v qemu-x86_64 > /dev/null || { echo "skipped: qemu-x86_64 is not installed (package qemu-user)"; exit 77; }
[ "$(uname -m)" = x86_64 ] || { echo "skipped: not an x86-64 machine"; exit 77; }
nehalem() { qemu-x86_64 -cpu Nehalem "$@"; }
tool="$2/ceir"
[ -x "$tool" ] || { echo "the program was not built"; exit 1; }
nehalem "$tool" --version || { echo "$tool --version fails on an old processor"; exit 1; }
nehalem "$2/tests/test_kernels" -sf='*kernels/tables.cpp,*kernels/base.cpp' || exit 1
nehalem "$2/tests/test_tensor" -sf='*tensor/gradients.cpp' || exit 1
