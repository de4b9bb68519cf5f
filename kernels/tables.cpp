// Every table of the house, one line per operation.
#include "kernels/adam/adam.h"
#include "kernels/attention/attention.h"
#include "kernels/base/table.h"
#include "kernels/batchnorm/batchnorm.h"
#include "kernels/batchnorm/moments.h"
#include "kernels/conv2d/patches.h"
#include "kernels/convolution/convolution.h"
#include "kernels/copy/copy.h"
#include "kernels/cos_cubed/cos_cubed.h"
#include "kernels/cosines/cosines.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/embedding/embedding.h"
#include "kernels/gemm/gemm.h"
#include "kernels/kmeans/kmeans.h"
#include "kernels/latent/latent.h"
#include "kernels/launch/repeated.h"
#include "kernels/layernorm/layernorm.h"
#include "kernels/losses/losses.h"
#include "kernels/normal/normal.h"
#include "kernels/normalise/normalise.h"
#include "kernels/peak/peak.h"
#include "kernels/pool/pool.h"
#include "kernels/reduce/reduce.h"
#include "kernels/softmax/softmax.h"
#include "kernels/unary/unary.h"

namespace ceir {

const std::vector<const TableBase*>& all_tables() {
  static const std::vector<const TableBase*> tables = {
      &adam_variants, &adam_f64_variants, &adam_all_variants, &adam_all_f64_variants,
      &attention_variants, &attention_f64_variants, &attention_backward_variants, &attention_backward_f64_variants,
      &avg_pool_variants, &avg_pool_f64_variants, &avg_pool_backward_variants, &avg_pool_backward_f64_variants,
      &batch_moments_variants, &batch_moments_f64_variants,
      &batch_statistics_variants, &batch_statistics_f64_variants,
      &batchnorm_variants, &batchnorm_f64_variants, &batchnorm_backward_variants, &batchnorm_backward_f64_variants,
      &binary_cross_entropy_variants, &binary_cross_entropy_f64_variants,
      &convolution_variants, &convolution_f64_variants,
      &convolution_dx_variants, &convolution_dx_f64_variants,
      &convolution_dw_variants, &convolution_dw_f64_variants,
      &copy_variants,
      &cos_cubed_variants, &cos_cubed_f64_variants, &cos_cubed_backward_variants, &cos_cubed_backward_f64_variants,
      &cos_cubed_step_variants, &cos_cubed_step_f64_variants,
      &cosines_variants, &cosines_f64_variants,
      &elementwise_variants, &elementwise_f64_variants,
      &embedding_variants, &embedding_f64_variants, &embedding_backward_variants, &embedding_backward_f64_variants,
      &gemm_variants, &gemm_f64_variants,
      &kl_gaussian_variants, &kl_gaussian_f64_variants,
      &kmeans_assign_variants, &kmeans_assign_f64_variants,
      &kmeans_candidates_variants, &kmeans_candidates_f64_variants,
      &kmeans_step_variants, &kmeans_step_f64_variants,
      &kmeans_update_variants, &kmeans_update_f64_variants,
      &latent_variants, &latent_f64_variants, &latent_backward_variants, &latent_backward_f64_variants,
      &layernorm_variants, &layernorm_f64_variants, &layernorm_backward_variants, &layernorm_backward_f64_variants,
      &max_pool_variants, &max_pool_f64_variants, &max_pool_backward_variants, &max_pool_backward_f64_variants,
      &normal_variants,
      &normalise_variants, &normalise_f64_variants, &normalise_backward_variants, &normalise_backward_f64_variants,
      &patches_variants, &patches_f64_variants, &patches_backward_variants, &patches_backward_f64_variants,
      &peak_variants, &peak_f64_variants,
      &reduce_variants, &reduce_f64_variants,
      &softmax_variants, &softmax_f64_variants, &softmax_backward_variants, &softmax_backward_f64_variants,
      &squared_error_variants, &squared_error_f64_variants,
      &triad_variants,
      &unary_variants, &unary_f64_variants, &unary_backward_variants, &unary_backward_f64_variants,
      &vae_step_variants,
  };
  return tables;
}

}  // namespace ceir
