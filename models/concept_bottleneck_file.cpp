// The bottleneck as a file.
#include "models/check.h"
#include "models/concept_bottleneck.h"
#include "tensor/io/json.h"

namespace ceir {

void save_bottleneck(const std::string& path, const Bottleneck& b) {
  Json names = Json::array(), dropped = Json::array();
  for (const auto& c : b.concepts) names.push(c);
  for (const auto& d : b.dropped)
    dropped.push(Json::object().set("concept", d.concept_name).set("step", d.step).set("value", d.value).set("threshold", d.threshold));
  write_safetensors(path, {{"weight", b.weight}, {"mean", b.mean}, {"std", b.std}},
                    {{"kind", "concept bottleneck"}, {"concepts", names.dump()}, {"dropped", dropped.dump()}});
}

Bottleneck load_bottleneck(const std::string& path) {
  const SafetensorsFile file(path);
  Bottleneck b;
  const auto read = [&](const char* name) {
    if (!file.find(name)) bad_input("{}: tensor '{}' is missing; is it a concept bottleneck (made by `ceir cbm`)?", path, name);
    const Tensor t = file.tensor(name);
    if (!is_float(t.dtype())) bad_input("{}: tensor '{}' is {}, expected floating-point numbers", path, name, name_of(t.dtype()));
    const Tensor copy = t.dtype() == DType::f64 ? t.clone() : t.to(DType::f32).clone();
    require_finite(fmt::format("{}: tensor '{}'", path, name), copy);
    return copy;
  };
  b.weight = read("weight");
  if (b.weight.rank() != 2 || b.weight.numel() == 0) bad_input("{}: tensor 'weight' has shape {}, expected (K, d)", path, b.weight.shape().str());
  const Shape width{b.weight.dim(0)};
  b.mean = read("mean").to(b.weight.dtype()), b.std = read("std").to(b.weight.dtype());
  if (!(b.mean.shape() == width) || !(b.std.shape() == width))
    bad_input("{}: 'mean' {} and 'std' {} must have shape {} like the rows of 'weight'", path, b.mean.shape().str(), b.std.shape().str(), width.str());
  for (const double s : b.std.values())
    if (!(s > 0)) bad_input("{}: tensor 'std' holds {}; deviations must be above 0", path, s);
  const auto text = [&](const char* key) {
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? std::string("[]") : found->second;
  };
  const Json names = Json::parse(text("concepts"), path), dropped = Json::parse(text("dropped"), path);
  for (const Json& name : names.as_array(path + ": concepts"))
    b.concepts.push_back(name.as_string(path + ": concepts"));
  if (b.concepts.empty())  // written by another program: the rows still need names
    for (int64_t i = 0; i < b.weight.dim(0); i++) b.concepts.push_back(fmt::format("concept {}", i));
  if (static_cast<int64_t>(b.concepts.size()) != b.weight.dim(0))
    bad_input("{}: names {} concepts, but 'weight' has {} rows", path, b.concepts.size(), b.weight.dim(0));
  for (const Json& d : dropped.as_array(path + ": dropped")) {
    const auto number = [&](const char* key) {
      const Json* value = d.find(key);
      return value && value->is_number() ? value->as_double(key) : 0.0;
    };
    b.dropped.push_back({d.at("concept", path).as_string("concept"), d.at("step", path).as_string("step"), number("value"), number("threshold")});
  }
  return b;
}

}  // namespace ceir
