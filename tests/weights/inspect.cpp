#include "weights/inspect.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>

#include "tensor/io/file.h"
#include "tensor/io/npy.h"
#include "tensor/io/sha256.h"
#include "tests/scratch.h"
#include "weights/safetensors.h"

using namespace ceir;
using namespace ceir::test;

TEST_CASE("inspect: tensors with type, shape and size; range, NaN count and hash when asked") {
  const Scratch dir;
  Tensor t = Tensor::from(std::vector<float>{1, NAN, -3, INFINITY}, {2, 2});
  write_safetensors(dir / "m.safetensors", {{"x", t}}, {{"made by", "test"}});
  const Description plain = describe(dir / "m.safetensors");
  CHECK(plain.kind == "safetensors");
  REQUIRE(plain.tensors.size() == 1);
  CHECK(plain.tensors[0].shape == Shape{2, 2});
  CHECK_FALSE(plain.tensors[0].statistics.has_value());
  const Description full = describe(dir / "m.safetensors", true);
  const TensorStatistics& s = full.tensors[0].statistics.value();
  CHECK(s.least == -3.0);
  CHECK(s.largest == 1.0);
  CHECK(s.nan_count == 1);
  CHECK(s.infinite_count == 1);
  CHECK(s.sha256 == sha256_of({reinterpret_cast<const char*>(t.bytes_begin()), 16}));
  CHECK(full.sha256 == sha256_of_file(dir / "m.safetensors"));
  CHECK(full.json().at("tensors", "").as_array("")[0].at("nan", "").as_int("") == 1);
  CHECK(full.text().find("made by") != std::string::npos);
}

TEST_CASE("inspect: files of every kind are named for what they are") {
  const Scratch dir;
  write_npy(dir / "a.npy", Tensor::zeros({3, 2}));
  write_file(dir / "concepts.txt", "red\nblue\n");
  write_file(dir / "c.json", R"({"cat": ["fur", "tail"], "dog": ["nose"]})");
  write_file(dir / "t.jsonl", "{\"path\": \"a\"}\n{\"path\": \"b\"}\n");
  write_file(dir / "clusters.csv", "path,cluster\na,0\n");
  write_file(dir / "data_batch_1.bin", std::string(3073 * 2, 'x'));
  const std::pair<const char*, const char*> kinds[] = {{"a.npy", "npy array"}, {"concepts.txt", "text"}, {"c.json", "concepts by class"},
                                                       {"t.jsonl", "JSON lines"}, {"clusters.csv", "CSV table"}, {"data_batch_1.bin", "CIFAR-10 batch"}};
  for (const auto& [name, kind] : kinds) {
    CAPTURE(name);
    const Description d = describe(dir / name);
    CHECK(d.kind == kind);
    CHECK_FALSE(d.text().empty());
    CHECK(d.json().is_object());
  }
  CHECK(describe(dir.path).files.size() == 6);
}

TEST_CASE("inspect: a header of very many metadata entries takes a moment, not minutes") {
  const Scratch dir;
  std::vector<std::pair<std::string, std::string>> metadata;
  for (int i = 0; i < 100000; i++) metadata.emplace_back(std::to_string(i), "v");
  Json header = Json::object(), entries = Json::object();
  for (const auto& [key, value] : metadata) entries.append(key, value);
  header.append("__metadata__", std::move(entries));
  const std::string text = header.dump();
  std::string file(8, '\0');
  for (size_t i = 0; i < 8; i++) file[i] = static_cast<char>(text.size() >> (8 * i) & 255);
  write_file(dir / "m.safetensors", file + text);
  const auto start = std::chrono::steady_clock::now();
  const Json json = describe(dir / "m.safetensors").json();
  CHECK(json.at("metadata", "").as_object("").size() == metadata.size());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("inspect: damaged, pickled and unknown files are refused") {
  const Scratch dir;
  const std::pair<const char*, std::string> bad[] = {{"a.safetensors", "x"}, {"a.npy", ""}, {"a.json", "{"}, {"b.jsonl", "{}\n{"}, {"s.model", "\n\n\n"},
                                                     {"a.pt", "PK\x03\x04"}, {"blob", std::string("\0\1\2\xff", 4)}, {"data_batch_1.bin", "xx"}};
  for (const auto& [name, bytes] : bad) {
    write_file(dir / name, bytes);
    check_error(ErrorKind::bad_input, name, [&] { describe(dir / name); });
  }
  check_error(ErrorKind::bad_input, "missing", [&] { describe(dir / "missing"); });
  check_error(ErrorKind::bad_input, "convert", [&] { describe(dir / "a.pt"); });
}
