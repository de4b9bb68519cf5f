// A linear layer, with its weights packed once when they are frozen.
#pragma once
#include <memory>
#include <optional>

#include "tensor/ops/matmul.h"

namespace ceir {

// y = f(x W^T + bias) + residual. (..., in) -> (..., out)
struct Linear {
  Tensor weight;  // (out, in), or (out, C, kh, kw) with in = C kh kw: a convolution; undefined after release()
  Tensor bias;    // (out), or undefined
  // The order of a convolution's inputs: (kh, kw, C), for images with their channels last, in place of (C, kh, kw).
  bool channels_last = false;

  Tensor operator()(const Tensor& x, const LinearEpilogue& epilogue = {}) const;

  // Lays the weight out once as the matrix product reads it. Call it when the values will not change any more; a copy
  // made for another tensor or another kernel variant is noticed and not used. Same bits with and without.
  void freeze();
  // Freezes and lets the weight itself go: a model then lies in memory once, and holds nothing of the file it came from.
  void release();
  // The weight in its own shape, from the panels where it has been released.
  Tensor values() const;
  // Takes a weight that was released back, so that it can be changed.
  void thaw();

  // (out, in), in the order of the inputs; undefined where only the panels are left.
  Tensor matrix() const;

  std::shared_ptr<const PackedWeight> packed;

 private:
  std::optional<Shape> released_;    // the shape of the weight that was
};

}  // namespace ceir
