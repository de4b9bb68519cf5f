// The one list of a model's tensors: what is loaded, checked, drawn at random, trained, saved and hashed.
#pragma once
#include <string>
#include <vector>

#include "nn/linear.h"

namespace ceir {

// How a tensor begins when it is not loaded: normal with `std`, or one value.
struct Initial {
  double std = 0, value = 0;
  static Initial normal(double std) { return {std, 0}; }
  static Initial zeros() { return {}; }
  static Initial ones() { return {0, 1}; }
  static Initial constant(double value) { return {0, value}; }
};

struct ParameterSlot {
  std::string name;   // in the checkpoint
  Tensor* tensor;     // where it lives in the model
  Shape shape;        // as the configuration demands
  Initial initial;
  Linear* layer = nullptr;   // whose weight it is: once released, the values lie in its panels alone

  Tensor value() const { return layer ? layer->values() : *tensor; }
};
using ParameterSlots = std::vector<ParameterSlot>;

}  // namespace ceir
