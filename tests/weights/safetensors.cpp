#include "weights/safetensors.h"
#include "weights/weight_files.h"

#include <doctest/doctest.h>

#include <cstring>

#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;

namespace {

std::string file_of(const std::string& header, const std::string& data) {
  std::string s(8, '\0');
  for (size_t i = 0; i < 8; i++) s[i] = static_cast<char>(header.size() >> (8 * i) & 255);
  return s + header + data;
}

SafetensorsFile open_bytes(const std::string& s) { return {std::as_bytes(std::span(s.data(), s.size())), "memory"}; }

NamedTensors two_tensors() { return {{"a", Tensor::full({2, 3}, 1.5)}, {"b.c", Tensor::full({4}, -2, DType::i64)}}; }

}  // namespace

TEST_CASE("safetensors: written and read again, equal input gives equal bytes") {
  const Scratch dir;
  NamedTensors all;
  for (const DType d : {DType::u8, DType::f64, DType::f16, DType::i32, DType::bf16, DType::i8, DType::i64, DType::f32})
    all.emplace_back(name_of(d), Tensor::full({3}, 5, d));
  all.emplace_back("", Tensor::scalar(7));
  all.emplace_back("empty", Tensor::zeros({0, 3}));
  write_safetensors(dir / "a", all, {{"note", "café"}});
  write_safetensors(dir / "b", all, {{"note", "café"}});
  CHECK(read_text_file(dir / "a") == read_text_file(dir / "b"));
  const SafetensorsFile file(dir / "a");
  CHECK(file.metadata().at("note") == "café");
  for (const auto& [name, t] : all) {
    const Tensor back = file.tensor(name);
    CHECK(back.dtype() == t.dtype());
    CHECK(back.shape() == t.shape());
    CHECK(back.values() == t.values());
  }
}

TEST_CASE("safetensors: what the header may not say") {
  const std::string four(4, '\0');
  const std::pair<std::string, std::string> cases[] = {
      {R"([])", "does not begin with '{'"},
      {R"({"t": 1})", "'t'"},
      {R"({"t": {"shape": [1], "data_offsets": [0, 4]}})", "dtype"},
      {R"({"t": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]}})", "shape"},
      {R"({"t": {"dtype": "F32", "shape": [18446744073709551615], "data_offsets": [0, 4]}})", "shape"},
      {R"({"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}})", "data_offsets"},
      {R"({"t": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}})", "data_offsets"},
      {R"({"t": {"dtype": "F4", "shape": [3], "data_offsets": [0, 1]}, "u": {"dtype": "U8", "shape": [3], "data_offsets": [1, 4]}})", "'t'"},
      {R"({"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "__metadata__": {"a": 1}})", "metadata"},
      {R"({"t": {"dtype": "F32", "shape": [1,1,1,1,1,1,1,1,1], "data_offsets": [0, 4]}})", "dimensions"}};
  for (const auto& [header, part] : cases) check_error(ErrorKind::bad_input, part, [&] { open_bytes(file_of(header, four)); });
}

TEST_CASE("safetensors: a byte-order mark before the header, or no header at all, is refused") {
  CHECK_THROWS_WITH_AS(open_bytes(file_of("\xEF\xBB\xBF{}", "")), doctest::Contains("does not begin with '{'"), Error);
  CHECK_THROWS_WITH_AS(open_bytes(file_of("", "")), doctest::Contains("does not begin with '{'"), Error);
  CHECK_NOTHROW(open_bytes(file_of("{}", "")));
}

TEST_CASE("safetensors: an unsigned 64-bit value beyond i64 is an error, not a negative number") {
  const std::string s = file_of(R"({"t": {"dtype": "U64", "shape": [1], "data_offsets": [0, 8]}})", std::string(8, '\xff'));
  const SafetensorsFile file = open_bytes(s);
  check_error(ErrorKind::bad_input, "18446744073709551615", [&] { file.tensor("t"); });
  check_error(ErrorKind::bad_input, "'u'", [&] { file.tensor("u"); });
}

TEST_CASE("safetensors: mutated files are read or refused") {
  const std::string seed = file_of(R"({"__metadata__": {"k": "v"}, "a": {"dtype": "F16", "shape": [2, 2], "data_offsets": [0, 8]}, "b": {"dtype": "U64", "shape": [], "data_offsets": [8, 16]}})",
                                   std::string(16, '\x11'));
  fuzz(seed, "fuzz.safetensors", fuzz_rounds(10000), [](const std::string& s) {
    const SafetensorsFile file = open_bytes(s);
    for (const TensorInfo& t : file.tensors()) (void)file.tensor(t.name).values();
  });
}

TEST_CASE("weight files: a single file, a folder, shards") {
  const Scratch dir;
  write_safetensors(dir / "model.safetensors", two_tensors());
  for (const std::string& path : {dir.path, dir / "model.safetensors"}) {
    const WeightFiles w(path);
    CHECK(w.names() == std::vector<std::string>{"a", "b.c"});
    CHECK(w.load("b.c", Shape{4}, DType::f64).values() == std::vector<double>(4, -2));
    check_error(ErrorKind::bad_input, "did you mean 'b.c'", [&] { w.load("b.d"); });
    check_error(ErrorKind::bad_input, "(2, 3), expected (3, 2)", [&] { w.load("a", Shape{3, 2}); });
  }
}

TEST_CASE("weight files: an index that does not fit its shards is refused") {
  const Scratch dir;
  const auto index = [&](const std::string& map) { write_file(dir / "model.safetensors.index.json", "{\"weight_map\": " + map + "}"); };
  const auto refused = [&](const std::string& part) { check_error(ErrorKind::bad_input, part, [&] { WeightFiles w(dir.path); }); };
  write_safetensors(dir / "one.safetensors", {{"a", Tensor::zeros({2})}});
  write_safetensors(dir / "two.safetensors", {{"b", Tensor::zeros({2})}});
  index(R"({"a": "one.safetensors", "b": "two.safetensors"})");
  CHECK(WeightFiles(dir.path).names().size() == 2);
  for (const char* outside : {"../one.safetensors", "/etc/passwd", "..", "sub/x.safetensors", ""}) {
    index(Json::object().set("a", outside).dump());
    refused("shard");
  }
  index(R"({"a": "one.safetensors", "b": "three.safetensors"})"), refused("three.safetensors");
  index(R"({"a": "one.safetensors", "x": "two.safetensors"})"), refused("'x'");
  index(R"({})"), refused("empty");
  index(R"([])"), refused("object");
  write_safetensors(dir / "two.safetensors", {{"a", Tensor::zeros({2})}, {"b", Tensor::zeros({2})}});
  index(R"({"a": "one.safetensors", "b": "two.safetensors"})"), refused("'a'");
}

TEST_CASE("weights: a shard that is a link out of the folder is refused; the hub cache's links to its blobs are not") {
  const Scratch dir;
  namespace fs = std::filesystem;
  fs::create_directories(dir / "elsewhere");
  fs::create_directories(dir / "models--a--b/blobs");
  fs::create_directories(dir / "models--a--b/snapshots/1");
  fs::create_directories(dir / "plain");
  write_safetensors(dir / "elsewhere/x", two_tensors());
  write_safetensors(dir / "models--a--b/blobs/0123", two_tensors());
  const std::string index = R"({"weight_map": {"a": "s.safetensors", "b.c": "s.safetensors"}})";
  for (const char* folder : {"plain", "models--a--b/snapshots/1"}) {
    const std::string f = dir / folder;
    write_file(f + "/model.safetensors.index.json", index);
    fs::create_symlink("../" + std::string(f.ends_with("1") ? "../../" : "") + "elsewhere/x", f + "/s.safetensors");
    check_error(ErrorKind::bad_input, "a link out of the folder", [&] { WeightFiles w(f); });
    fs::remove(f + "/s.safetensors");
  }
  fs::create_symlink("../../blobs/0123", dir / "models--a--b/snapshots/1/s.safetensors");
  CHECK(WeightFiles(dir / "models--a--b/snapshots/1").names().size() == 2);
  for (const char* name : {"../elsewhere/x", "/etc/passwd", "..", "a\\\\b"}) {
    write_file(dir / "plain/model.safetensors.index.json", std::string(R"({"weight_map": {"a": ")") + name + "\"}}");
    check_error(ErrorKind::bad_input, "plain file name", [&] { WeightFiles w(dir / "plain"); });
  }
}

TEST_CASE("weight files: a pickled checkpoint is refused with the command that reads it") {
  const Scratch dir;
  write_file(dir / "pytorch_model.bin", "PK\x03\x04 and so on");
  for (const std::string& path : {dir.path, dir / "pytorch_model.bin"}) check_error(ErrorKind::bad_input, "ceir convert", [&] { WeightFiles w(path); });
  write_file(dir / "old.pt", std::string("\x80\x02}q\x00.", 6) + std::string(40, 'x'));
  check_error(ErrorKind::bad_input, "ceir convert", [&] { WeightFiles w(dir / "old.pt"); });
}
