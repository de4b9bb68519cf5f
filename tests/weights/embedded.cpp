#include <doctest/doctest.h>

#include <algorithm>

#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tests/shared_dir.h"
#include "weights/embedded.h"
#include "weights/safetensors.h"

using namespace ceir;

TEST_CASE("embedded files are the files of weights/nano, byte for byte and aligned") {
  const std::vector<std::string> names = embedded_files();
  CHECK(std::ranges::is_sorted(names));
  for (const std::string& name : names) {
    CAPTURE(name);
    const auto bytes = embedded_file(name);
    CHECK(reinterpret_cast<uintptr_t>(bytes.data()) % 64 == 0);
    const std::string path = std::string(CEIR_SOURCE_DIR) + "/weights/nano/" + name;
    const std::string on_disk = read_text_file(path);
    CHECK(on_disk == std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  CHECK_THROWS_AS(embedded_file("no such file"), Error);
}

TEST_CASE("a built-in model opens from memory like one from disk") {
  const std::vector<std::string> names = embedded_files();
  if (std::ranges::find(names, "model.safetensors") == names.end()) return;  // built before the model was trained
  const SafetensorsFile inside(embedded_file("model.safetensors"), "nano");
  const SafetensorsFile outside(std::string(CEIR_SOURCE_DIR) + "/weights/nano/model.safetensors");
  REQUIRE(inside.tensors().size() == outside.tensors().size());
  for (const TensorInfo& t : inside.tensors()) CHECK(std::ranges::equal(inside.raw(t), outside.raw(*outside.find(t.name))));
}
