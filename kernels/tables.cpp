// Every table of the house, one line per operation.
#include "kernels/attention/attention.h"
#include "kernels/base/table.h"
#include "kernels/gemm/gemm.h"

namespace ceir {

const std::vector<const TableBase*>& all_tables() {
  static const std::vector<const TableBase*> tables = {
    &gemm_variants, &gemm_f64_variants,
    &attention_variants, &attention_f64_variants, &attention_backward_variants, &attention_backward_f64_variants,
  };
  return tables;
}

}  // namespace ceir
