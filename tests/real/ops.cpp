// golden/method/ops: every operation's value and gradients, in f64 and f32, against an independent computation.
// The folder's name selects the operation; sizes, bounds and orders come from the case.
#include <doctest/doctest.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tensor/ops.h"
#include "tensor/tape.h"
#include "tests/shared_dir.h"

using namespace ceir;
using namespace ceir::test;

namespace {

struct Case {
  std::string name, formula;
  Json json;
  std::map<std::string, Tensor> inputs;   // by name without .npy, in the order of the alphabet
  std::map<std::string, Tensor> outputs;  // y and, for batchnorm, the running statistics afterwards
  Shape y_shape;

  int64_t param(const char* key, int64_t otherwise) const {
    const Json* params = json.find("params");
    return params ? params->get(key, otherwise, name) : otherwise;
  }
  double number(const char* key, double otherwise) const {
    const Json* params = json.find("params");
    return params ? params->get(key, otherwise, name) : otherwise;
  }
  bool flag(const char* key) const {
    const Json* params = json.find("params");
    const Json* value = params ? params->find(key) : nullptr;
    return value && value->as_bool(name);
  }
  const Tensor& in(const char* key) const {
    const auto it = inputs.find(key);
    if (it == inputs.end()) fail(ErrorKind::internal, "{}: no input '{}'", name, key);
    return it->second;
  }
  Tensor maybe(const char* key) const {
    const auto it = inputs.find(key);
    return it == inputs.end() ? Tensor() : it->second;
  }
};

// The integers in `text`, in order: "(2,3,8) -> (6,8)" gives 2 3 8 6 8.
std::vector<int64_t> integers(std::string_view text) {
  std::vector<int64_t> found;
  for (size_t i = 0; i < text.size();) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), value);
    if (error == std::errc()) found.push_back(value), i = static_cast<size_t>(end - text.data());
    else i++;
  }
  return found;
}

std::string_view after(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

// The digits that follow `mark` in the folder's name: "maxpool_3x3_s2_p1", "_s" -> 2.
int64_t number_in(const std::string& name, std::string_view mark, int64_t otherwise) {
  const auto found = integers(after(name, mark));
  return found.empty() ? otherwise : found[0];
}

// "x[:, 1:8:3, -4:]"
Tensor slice_by(std::string_view formula, Tensor x) {
  const auto open = formula.find('['), close = formula.find(']');
  std::string_view list = formula.substr(open + 1, close - open - 1);
  for (int dim = 0; !list.empty(); dim++) {
    const auto comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    int64_t parts[3] = {0, x.dim(dim), 1};
    for (int i = 0; i < 3 && !one.empty(); i++) {
      const auto colon = one.find(':');
      if (const auto value = integers(one.substr(0, colon)); !value.empty()) parts[i] = value[0];
      one = colon == std::string_view::npos ? std::string_view() : one.substr(colon + 1);
    }
    x = slice(x, dim, parts[0], parts[1], parts[2]);
  }
  return x;
}

// Which operand is transposed: "_nt" in the name, else whichever fits the shape of y.
Tensor matmul_by(const Case& c) {
  const Tensor &a = c.in("a"), &b = c.in("b");
  const std::string_view end = std::string_view(c.name).substr(c.name.size() - 2);
  if (end == "nn" || end == "nt" || end == "tn" || end == "tt") return matmul(a, b, end[0] == 't', end[1] == 't');
  for (const bool tb : {false, true})
    for (const bool ta : {false, true})
      if (a.dim(ta ? -2 : -1) == b.dim(tb ? -1 : -2) && a.dim(ta ? -1 : -2) == c.y_shape.dim(-2) &&
          b.dim(tb ? -2 : -1) == c.y_shape.dim(-1))
        return matmul(a, b, ta, tb);
  fail(ErrorKind::internal, "{}: no way to multiply fits", c.name);
}

Tensor reduction_by(const Case& c) {
  const Tensor& x = c.in("x");
  const bool all = c.name.ends_with("_all");
  const int dim = c.name.ends_with("_last") ? -1 : static_cast<int>(number_in(c.name, "_dim", 0));
  if (c.name.starts_with("sum")) return all ? sum(x) : sum(x, dim);
  if (c.name.starts_with("mean")) return all ? mean(x) : mean(x, dim);
  return variance(x, dim, c.name.starts_with("var_unbiased"));
}

Tensor conv_by(const Case& c) {
  return conv2d(c.in("x"), c.in("weight"), c.maybe("bias"), c.param("stride", 1), c.param("padding", 0));
}

// The running statistics are inputs that change: `after_step` receives them.
Tensor batchnorm_by(const Case& c, std::map<std::string, Tensor>& after_step) {
  Tensor mean = c.in("running_mean").clone(), var = c.in("running_var").clone();
  const Tensor y = batchnorm(c.in("x"), c.in("weight"), c.in("bias"), mean, var, c.flag("train"), c.number("momentum", 0.1),
                             c.number("eps", 1e-5));
  after_step["running_mean_after"] = mean;
  after_step["running_var_after"] = var;
  return y;
}

Tensor attention_by(const Case& c) {
  return attention(c.in("q"), c.in("k"), c.in("v"), c.flag("causal"), c.maybe("mask"));
}

Tensor multihead_by(const Case& c) {
  return multihead_attention(c.in("x"), c.in("in_weight"), c.in("in_bias"), c.in("out_weight"), c.in("out_bias"),
                             c.param("heads", 1), c.flag("causal"));
}

Tensor run_case(const Case& c, std::map<std::string, Tensor>& more) {
  const auto is = [&](std::string_view prefix) { return c.name.starts_with(prefix); };
  for (int f = 1; f <= static_cast<int>(Unary::quick_gelu); f++)
    if (c.name == name_of(static_cast<Unary>(f))) return apply(static_cast<Unary>(f), c.in("x"));
  if (is("attention")) return attention_by(c);
  if (is("avgpool")) return avg_pool2d(c.in("x"), number_in(c.name, "avgpool_", 2), c.param("stride", 2));
  if (is("batchnorm")) return batchnorm_by(c, more);
  if (is("bce")) return binary_cross_entropy_sum(c.in("p"), c.in("t"));
  if (is("broadcast_add")) return c.in("a") + c.in("b");
  if (is("broadcast_sub")) return c.in("a") - c.in("b");
  if (is("broadcast_mul")) return c.in("a") * c.in("b");
  if (is("broadcast_div")) return c.in("a") / c.in("b");
  if (is("clip_contrastive")) return clip_contrastive(c.in("image"), c.in("text"), c.in("logit_scale"));
  if (is("concat")) {
    std::vector<Tensor> parts;
    for (const auto& [name, t] : c.inputs) parts.push_back(t);
    return concat(parts, static_cast<int>(integers(after(c.formula, "dimension")).at(0)));
  }
  if (is("conv2d")) return conv_by(c);
  if (is("cos_cubed_loss")) return cos_cubed_loss(c.in("q"), c.in("p"));
  if (is("cos_cubed")) return cos_cubed(c.in("q"), c.in("p"));
  if (is("cross_entropy")) return cross_entropy(c.in("x"), c.in("label"));
  if (is("embedding")) return embedding(c.in("weight"), c.in("ids"));
  if (is("global_avgpool")) return global_avg_pool2d(c.in("x"));
  if (is("kl_gaussian")) return kl_gaussian(c.in("mu"), c.in("logvar"));
  if (is("l2_normalise")) return l2_normalise(c.in("x"));
  if (is("layernorm")) return layernorm(c.in("x"), c.in("weight"), c.in("bias"), c.number("eps", 1e-5));
  if (is("linear")) return linear(c.in("x"), c.in("weight"), c.maybe("bias"));
  if (is("log_softmax")) return log_softmax(c.in("x"));
  if (is("matmul")) return matmul_by(c);
  if (is("maxpool")) return max_pool2d(c.in("x"), number_in(c.name, "maxpool_", 3), c.param("stride", 2), c.param("padding", 0));
  if (is("sum") || is("mean") || is("var")) return reduction_by(c);
  if (is("multihead_attention")) return multihead_by(c);
  if (is("reparameterise")) return reparameterise(c.in("mu"), c.in("logvar"), c.in("eps"));
  if (is("reshape")) return reshape(c.in("x"), Shape(std::span<const int64_t>(integers(after(c.formula, "->")))));
  if (is("slice")) return slice_by(c.formula, c.in("x"));
  if (is("softmax")) return softmax(c.in("x"), is("softmax_causal"));
  if (is("squared_error_sum")) return squared_error_sum(c.in("a"), c.in("b"));
  if (is("transpose")) {
    std::vector<int> order;
    for (const int64_t d : integers(after(c.formula, "permute"))) order.push_back(static_cast<int>(d));
    return permute(c.in("x"), order);
  }
  fail(ErrorKind::internal, "the case '{}' is of no known operation", c.name);
}

// max|a - ref| / max(max|ref|, 0.01); infinite when the shapes differ or something is NaN that should not be.
double error_of(const Tensor& a, const Tensor& reference) {
  if (!a.defined() || !(a.shape() == reference.shape())) return INFINITY;
  const auto x = a.values(), r = reference.values();
  double largest = 0.01, worst = 0;
  for (size_t i = 0; i < r.size(); i++) {
    largest = std::max(largest, std::abs(r[i]));
    if (const double e = std::abs(x[i] - r[i]); !(e <= worst)) worst = std::isnan(e) ? INFINITY : e;
  }
  return worst / largest;
}

double tolerance_of(const Case& c, DType dtype, const std::string& tensor) {
  const double otherwise = dtype == DType::f64 ? 1e-12 : 1e-5;
  const Json* all = c.json.find("tolerance");
  const Json* of_dtype = all ? all->find(name_of(dtype)) : nullptr;
  return of_dtype ? of_dtype->get(tensor, otherwise, c.name) : otherwise;
}

void check_case(const std::filesystem::path& folder, DType dtype) {
  Case c{folder.filename().string(), "", Json::read((folder / "case.json").string()), {}, {}, {}};
  c.formula = c.json.get("formula", "", c.name);
  std::map<std::string, Tensor> gradients;
  Tensor dy;
  for (const auto& [file, about] : c.json.at("files", c.name).as_object(c.name)) {
    if (!file.ends_with(".npy")) continue;
    const std::string tensor = file.substr(0, file.size() - 4), role = about.get("role", "", c.name);
    const Tensor t = read_npy((folder / file).string());
    if (role == "input") c.inputs[tensor] = is_float(t.dtype()) ? t.to(dtype).clone() : t;
    else if (role == "output") c.outputs[tensor] = t;
    else if (role == "upstream gradient") dy = t.to(dtype);
    else if (role == "gradient") gradients[tensor] = t;
  }
  for (auto& [tensor, t] : c.inputs)
    if (gradients.count("grad_" + tensor)) t.track();
  REQUIRE(c.outputs.count("y") == 1);
  c.y_shape = c.outputs["y"].shape();
  Tape tape;
  std::map<std::string, Tensor> results;
  const Tensor y = run_case(c, results);
  results["y"] = y;
  for (const auto& [tensor, reference] : c.outputs) {
    CAPTURE(tensor);
    CHECK(error_of(results[tensor], reference) <= tolerance_of(c, dtype, tensor));
  }
  if (gradients.empty()) return;
  REQUIRE(dy.defined());
  tape.backward(y, dy);
  for (const auto& [tensor, reference] : gradients) {
    CAPTURE(tensor);
    CHECK(error_of(tape.gradient(c.in(tensor.substr(5).c_str())), reference) <= tolerance_of(c, dtype, tensor));
  }
}

void check_all(DType dtype) {
  if (!have_shared("golden/method/ops")) return;
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(shared_dir() / "golden/method/ops"))
    if (std::filesystem::exists(entry.path() / "case.json")) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  CHECK(!folders.empty());
  for (const auto& folder : folders) {
    INFO("case ", folder.filename().string(), " in ", name_of(dtype));
    try {
      check_case(folder, dtype);
    } catch (const Error& e) {
      FAIL_CHECK(e.what());
    }
  }
}

}  // namespace

TEST_CASE("golden operations in f64: values and gradients") { check_all(DType::f64); }
TEST_CASE("golden operations in f32: values and gradients") { check_all(DType::f32); }
