# What a newer processor hides: gradients and kernels with the variants of SSE2 and of AVX2 machines.
status=0
for cpu in sse2 avx2; do
  CEIR_CPU=$cpu "$2/tests/test_tensor" -sf='*tensor/gradients.cpp' || status=1
done
CEIR_CPU=avx2 "$2/tests/test_kernels" -sf='*kernels/unary.cpp' || status=1
[ $status = 0 ] || exit 1
grep -qw avx2 /proc/cpuinfo || { echo "skipped: this processor has no AVX2, only the reference was tested"; exit 77; }
