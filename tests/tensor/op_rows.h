// THE table of differentiable operations, one row each way of using one: gradients.cpp checks every row against
// central differences in double, and fails when an operation of tensor/ops has no row. A room adds its rows in
// its own op_rows_*.cpp.
#pragma once
#include <string>
#include <vector>

#include "tensor/gradcheck.h"
#include "tensor/ops.h"

namespace ceir::test {

struct OpRow {
  std::string operation;       // the name under which the tape records it
  std::string what;            // what this row adds to the others of the operation
  std::vector<Tensor> inputs;  // f64; those that are differentiated
  Function function;
  double step = 1e-4;          // of the differences; smaller beside a kink
};
using OpRows = std::vector<OpRow>;

OpRows op_rows_unary();    // op_rows_unary.cpp: functions of one element, arithmetic with broadcasting
OpRows op_rows_shape();    // op_rows_shape.cpp: views, concat, reductions
OpRows op_rows_rows();     // op_rows_rows.cpp: softmax, normalisations
OpRows op_rows_matmul();   // op_rows_matmul.cpp: matmul, linear, attention
OpRows op_rows_conv();     // op_rows_conv.cpp: convolution, pooling, embedding
OpRows op_rows_losses();   // op_rows_losses.cpp

OpRows all_op_rows();

// Uniform entries in [low, high); `salt` tells tensors of one row apart.
Tensor drawn(const Shape& shape, uint64_t salt, double low = -1.5, double high = 1.5, DType dtype = DType::f64);
// The same with entries at least `gap` away from 0, where relu and its like have their kink.
Tensor drawn_off_zero(const Shape& shape, uint64_t salt, double gap = 0.05);

// A constant of a row in the type of its inputs, where they lie: rows are also run in f32 and on a device.
Tensor beside(const Tensor& constant, const Tensor& input);

}  // namespace ceir::test
