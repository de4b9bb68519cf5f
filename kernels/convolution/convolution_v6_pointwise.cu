// v6: windows of one pixel with their channels last are the rows of a matrix as they lie in memory: gemm's own ladder, its tensor
//     cores and its vendor's rows among it, multiplies them (--kernel convolution=cuda.v6,gemm=...). What follows the sum is
//     more than gemm's epilogue can do (a scale for each channel; the residual before the ReLU), and is one more pass over y,
//     unless it is a shift alone. That pass is what v4 saves; so this one runs when it is asked for.
#include "kernels/convolution/convolution_device.h"
#include "kernels/gemm/gemm.h"

namespace ceir {
namespace {

__global__ void finish_sums(const ConvolutionForward<float> a, const ConvolutionWindows w, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < n) finish(a, after_of(a.after, static_cast<int>((w.y_channels_last ? i : i / w.per_image) % w.out)), i, a.y[i]);
}

}  // namespace

// y holds the sums.
void convolution_finish(const ConvolutionForward<float>& a) {
  const ConvolutionWindows w = windows_of(a.geometry);
  launch(finish_sums, blocks_for(w.positions * w.out, 256), dim3(256), 0, a, w, w.positions * w.out);
}

void convolution_v6_pointwise(const ConvolutionForward<float>& a) {
  const ConvolutionGeometry& g = a.geometry;
  const int64_t rows = g.batch * g.positions();
  const bool shift_alone = !a.after.mean && !a.after.residual && !a.after.relu;
  gemm_variants(Gemm<float>{.a = a.x, .a_row = g.channels, .a_col = 1, .b = a.weight, .b_row = 1, .b_col = g.channels, .c = a.y, .c_row = g.out,
                            .m = rows, .n = g.out, .k = g.channels, .bias = shift_alone ? a.after.shift : nullptr}, Device::cuda);
  if (!shift_alone) convolution_finish(a);
}

}  // namespace ceir
