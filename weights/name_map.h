// One model, three ways to name and lay out its tensors. Inside we use Hugging Face's names, with every matrix (out, in)
// and q, k and v apart; a residual network's image tower keeps OpenAI's names, since Hugging Face has no class for it.
#pragma once
#include <string>
#include <vector>

#include "weights/safetensors.h"
#include "weights/weight_files.h"

namespace ceir {

// open_clip's names are those of OpenAI's released code.
enum class WeightLayout : uint8_t { hugging_face, open_clip };

// What a file has to say to be read so: open_clip's text tower may lie below "text." (its class CustomTextCLIP).
struct NameMap {
  WeightLayout layout = WeightLayout::hugging_face;
  bool text_prefix = false;
  bool timm = false;   // the image tower is the timm library's SigLIP, below "visual.trunk."
};

// By the names alone.
NameMap name_map_of(const WeightFiles& weights);

// How one of our tensors lies in a file: `name` of shape `shape`, transposed, or part `part` of `parts` equal ones that are
// stacked along the first dimension (in_proj_weight: q, k, v).
struct StoredAs {
  std::string name;
  Shape shape;
  bool transposed = false;
  int64_t part = 0, parts = 1;
};
StoredAs stored_as(const std::string& name, const Shape& shape, const NameMap& map);

// Our tensor within the stored one, a view.
Tensor part_of(const Tensor& stored, const StoredAs& where);

// The other way: our tensors with their names -> a file's, parts stacked. Throws Error(internal) when a part is missing.
NamedTensors as_stored(const NamedTensors& ours, const NameMap& map);

}  // namespace ceir
