// golden/method/io: npy and safetensors files of every kind, valid ones with their values and broken ones to refuse.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "kernels/base/error.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/shared_dir.h"
#include "weights/safetensors.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// JSON has no NaN: the cases write them as strings.
double expected_value(const Json& v) {
  if (!v.is_string()) return v.as_double("value");
  const std::string& s = v.as_string("value");
  return s == "nan" ? NAN : s == "inf" ? INFINITY : -INFINITY;
}

// Exact, NaN equals NaN, the sign of zero counts. Integers are compared as integers: a double cannot hold all of them.
void check_values(const Tensor& t, const Json& expected, const std::string& name) {
  CAPTURE(name);
  const Json::Array& shape = expected.at("shape", name).as_array(name);
  const Json::Array& values = expected.at("values", name).as_array(name);
  REQUIRE(t.rank() == static_cast<int>(shape.size()));
  for (int i = 0; i < t.rank(); i++) CHECK(t.dim(i) == shape[static_cast<size_t>(i)].as_int(name));
  REQUIRE(t.numel() == static_cast<int64_t>(values.size()));
  CHECK(t.is_contiguous());
  if (!is_float(t.dtype())) {
    const Tensor wide = t.to(DType::i64);
    const auto got = wide.span<int64_t>();
    for (size_t i = 0; i < values.size(); i++) {
      const int64_t want = values[i].is_bool() ? values[i].as_bool(name) : values[i].as_int(name);
      CHECK(got[i] == want);
    }
    return;
  }
  const std::vector<double> got = t.values();
  for (size_t i = 0; i < values.size(); i++) {
    const double want = expected_value(values[i]);
    const bool same = std::isnan(want) ? std::isnan(got[i]) : std::bit_cast<uint64_t>(got[i]) == std::bit_cast<uint64_t>(want);
    CAPTURE(i);
    CAPTURE(want);
    CAPTURE(got[i]);
    CHECK(same);
  }
}

// `open` must throw bad_input with a sentence that names the file.
template <class Open>
void check_refused(const std::string& path, const std::string& name, const Open& open) {
  CAPTURE(path);
  try {
    open(path);
    FAIL_CHECK("accepted");
  } catch (const Error& e) {
    CAPTURE(e.what());
    CHECK(e.kind() == ErrorKind::bad_input);
    CHECK(std::string(e.what()).find(name) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("npy: every valid golden file has its values, every broken one is refused by name") {
  if (!have_shared("golden/method/io/npy")) return;
  const std::string folder = (shared_dir() / "golden/method/io/npy").string();
  const Json expected = Json::read(folder + "/expected.json"), broken = Json::read(folder + "/broken.json");
  for (const auto& [name, e] : expected.as_object("expected.json")) {
    const std::string path = folder + "/" + name;
    check_values(read_npy(path), e, name);
    const NpyHeader h = read_npy_header(path);
    CHECK(h.fortran_order == e.at("fortran_order", name).as_bool(name));
  }
  for (const auto& [name, why] : broken.as_object("broken.json")) check_refused(folder + "/" + name, name, [](const std::string& p) { read_npy(p); });
  CHECK(expected.as_object("").size() + broken.as_object("").size() > 10);
}

TEST_CASE("safetensors: every valid golden file has its values and metadata, every broken one is refused by name") {
  if (!have_shared("golden/method/io/safetensors")) return;
  const std::string folder = (shared_dir() / "golden/method/io/safetensors").string();
  const Json expected = Json::read(folder + "/expected.json"), broken = Json::read(folder + "/broken.json");
  for (const auto& [name, e] : expected.as_object("expected.json")) {
    CAPTURE(name);
    const SafetensorsFile file(folder + "/" + name);
    const Json::Object& metadata = e.at("metadata", name).as_object(name);
    CHECK(file.metadata().size() == metadata.size());
    for (const auto& [key, text] : metadata) {
      REQUIRE(file.metadata().count(key) == 1);
      CHECK(file.metadata().at(key) == text.as_string(name));
    }
    const Json::Object& tensors = e.at("tensors", name).as_object(name);
    CHECK(file.tensors().size() == tensors.size());
    for (const auto& [tensor, t] : tensors) {
      CAPTURE(tensor);
      REQUIRE(file.find(tensor) != nullptr);
      CHECK(file.find(tensor)->dtype == t.at("dtype", name).as_string(name));
      check_values(file.tensor(tensor), t, name + ": " + tensor);
    }
  }
  for (const auto& [name, why] : broken.as_object("broken.json"))
    check_refused(folder + "/" + name, name, [](const std::string& p) { SafetensorsFile file(p); });
  CHECK(expected.as_object("").size() + broken.as_object("").size() > 10);
}
