// The golden checkpoints of torch.save and torch.jit.save hold the same tensors as the safetensors beside them.
#include <doctest/doctest.h>

#include <cstring>

#include "tests/shared_dir.h"
#include "weights/pickled.h"
#include "weights/pickled_file.h"
#include "weights/safetensors.h"

using namespace ceir;
using namespace ceir::test;
namespace fs = std::filesystem;

TEST_CASE("real: pickled checkpoints hold the bytes of the safetensors beside them") {
  if (!have_shared("golden/clip")) return;
  int pairs = 0;
  for (const auto& folder : fs::directory_iterator(shared_dir() / "golden/clip")) {
    if (!folder.is_directory()) continue;
    std::string pickle, safetensors;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      if (named_pickled(entry.path().string())) pickle = entry.path().string();
      if (entry.path().extension() == ".safetensors") safetensors = entry.path().string();
    }
    if (pickle.empty() || safetensors.empty()) continue;
    CAPTURE(pickle);
    pairs++;
    const PickledFile file(pickle);
    const SafetensorsFile same(safetensors);
    for (const TensorInfo& t : same.tensors()) {
      CAPTURE(t.name);
      const TensorInfo* other = file.find(t.name);
      REQUIRE(other);
      CHECK(other->dtype == t.dtype);
      CHECK(other->shape == t.shape);
      std::vector<std::byte> buffer;
      const auto a = file.raw(*other, buffer), b = same.raw(t);
      REQUIRE(a.size() == b.size());
      CHECK(std::memcmp(a.data(), b.data(), a.size()) == 0);
    }
    for (const TensorInfo& t : file.tensors())   // beyond those, nothing but whole numbers
      if (!same.find(t.name)) {
        CAPTURE(t.name);
        CHECK(t.dtype[0] == 'I');
      }
  }
  CHECK(pairs > 0);
}
