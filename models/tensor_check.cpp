#include "models/tensor_check.h"

#include <set>

#include "kernels/base/closest.h"
#include "kernels/base/error.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

// Counters and indices that lie among the weights and are none: integers, and position_ids whatever its type.
bool is_bookkeeping(const TensorInfo& info) {
  return info.dtype[0] == 'I' || info.dtype[0] == 'U' || info.dtype == "BOOL" || info.name.ends_with("position_ids");
}

std::string hint(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string meant = closest(name, candidates);
  return meant.empty() ? "" : fmt::format(" (closest: '{}')", printable(meant));
}

// Counterparts of a tower that is not part of this model, or a supervised network's classifier.
bool is_unused(const std::string& name) { return name == "logit_scale" || name == "logit_bias" || name == "fc.weight" || name == "fc.bias"; }

}  // namespace

TensorFindings compare_tensors(const WeightFiles& source, const std::vector<std::pair<std::string, Shape>>& ours) {
  TensorFindings f;
  const NameMap map = name_map_of(source);
  std::set<std::string> known;
  for (const auto& [name, shape] : ours) {
    f.places.push_back(stored_as(name, shape, map));
    const StoredAs& s = f.places.back();
    if (!known.insert(s.name).second) continue;   // another part of the same
    f.expected.push_back(s.name);
    if (!source.has(s.name)) {
      f.missing.push_back(s.name);
      continue;
    }
    const TensorInfo& info = source.info(s.name);
    const bool both_one = info.shape.numel() == 1 && s.shape.numel() == 1;   // (1) and () are the same number
    if (info.dtype != "F32" && info.dtype != "F16" && info.dtype != "BF16" && info.dtype != "F64")
      f.wrong.push_back(fmt::format("tensor '{}' is of type {}, expected F32, F16, BF16 or F64", s.name, info.dtype));
    else if (!(info.shape == s.shape) && !both_one)
      f.wrong.push_back(fmt::format("tensor '{}' has shape {}, expected {}; is the configuration from another model?", s.name, info.shape.str(), s.shape.str()));
  }
  for (const std::string& name : source.names())
    if (!known.count(name) && !is_bookkeeping(source.info(name)) && !is_unused(name)) f.extra.push_back(name);
  return f;
}

std::vector<StoredAs> place_tensors(const WeightFiles& source, const std::vector<std::pair<std::string, Shape>>& ours) {
  TensorFindings f = compare_tensors(source, ours);
  const auto others = [](const std::vector<std::string>& list, const char* what) {
    return list.size() > 1 ? fmt::format(", and {} more are {}", list.size() - 1, what) : std::string();
  };
  if (!f.missing.empty())
    bad_input("{}: tensor '{}' is missing{}{}; is the configuration from another model?", source.path(), f.missing[0],
              hint(f.missing[0], f.extra.empty() ? source.names() : f.extra), others(f.missing, "missing"));
  if (!f.extra.empty())
    bad_input("{}: tensor '{}' has no place in this model{}{}; is the configuration from another model?", source.path(), printable(f.extra[0]),
              hint(f.extra[0], f.expected), others(f.extra, "unknown"));
  if (!f.wrong.empty()) bad_input("{}: {}{}", source.path(), f.wrong[0], f.wrong.size() > 1 ? fmt::format(" ({} more tensors do not fit)", f.wrong.size() - 1) : "");
  return std::move(f.places);
}

}  // namespace ceir
