#include "weights/inspect.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "tensor/io/file.h"
#include "tensor/io/npy.h"
#include "tensor/io/sha256.h"
#include "tests/scratch.h"
#include "tests/checkpoint_writer.h"
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
  check_error(ErrorKind::bad_input, "directory", [&] { describe(dir / "a.pt"); });
}

TEST_CASE("inspect: a pickled checkpoint by its directory and pickle; its data only when asked") {
  const Scratch dir;
  const std::vector<float> six{0, 1, 2, 3, 4, -5};
  const auto tensor = [](const std::vector<int64_t>& size, const std::vector<int64_t>& stride) { return pk::tensor_of(pk::storage("FloatStorage", "0", 6, "cuda:0"), 0, size, stride); };
  const std::string body = pk::dict({{"epoch", pk::integer(3)}, {"state_dict", pk::dict({{"w", tensor({2, 3}, {3, 1})}, {"t", tensor({3, 2}, {1, 3})}, {"n", pk::integer(9)}})}});
  write_file(dir / "m.pt", checkpoint_of(body, {bytes_of(six)}));
  const Description plain = describe(dir / "m.pt");
  CHECK(plain.kind == "PyTorch checkpoint");
  REQUIRE(plain.tensors.size() == 2);
  CHECK(plain.tensors[0].dtype == "F32");
  CHECK(plain.text().find("state_dict") != std::string::npos);
  CHECK(plain.json().at("tensors_not_in_C_order", "").as_int("") == 1);
  const Description full = describe(dir / "m.pt", true);
  CHECK(full.tensors[0].statistics->least == -5.0);
  CHECK(full.tensors[1].statistics->sha256 == sha256_of(bytes_of(std::vector<float>{0, 3, 1, 4, 2, -5})));
  // A damaged storage is seen when its data are read.
  write_file(dir / "d.pt", zip_of({{"a/data.pkl", pk::stream(body)}, {"a/data/0", bytes_of(six), false, false, -1, true}}));
  CHECK(describe(dir / "d.pt").tensors.size() == 2);
  check_error(ErrorKind::bad_input, "CRC", [&] { describe(dir / "d.pt", true); });
  // A folder of a model that has nothing else.
  std::filesystem::create_directories(dir / "model");
  write_file(dir / "model/config.json", R"({"model_type": "clip"})");
  std::filesystem::copy(dir / "m.pt", dir / "model/pytorch_model.bin");
  const Description folder = describe(dir / "model");
  CHECK(folder.kind == "model folder");
  CHECK(folder.tensors.size() == 2);
  CHECK(folder.text().find("ceir convert") != std::string::npos);
}

TEST_CASE("inspect: a checkpoint of a gigabyte in milliseconds") {
  const Scratch dir;
  const int64_t elements = 250'000'000;
  // Sparse: the data are a hole in the file. Its CRC is not looked at.
  std::string head = zip_of({{"a/data.pkl", pk::stream(pk::dict({{"w", pk::tensor_of(pk::storage("FloatStorage", "0", elements), 0, {elements / 1000, 1000}, {1000, 1})}}))}, {"a/data/0", "", false, false, elements * 4}});
  const size_t directory = head.find("PK\x01\x02"), end = head.rfind("PK\x05\x06");
  std::string tail = head.substr(directory, end - directory);
  const uint64_t begin = directory + static_cast<uint64_t>(elements) * 4;
  tail += "PK\x05\x06" + le(0, 4) + le(2, 2) + le(2, 2) + le(end - directory, 4) + le(begin, 4) + le(0, 2);
  write_file(dir / "big.pt", head.substr(0, directory));
  std::filesystem::resize_file(dir / "big.pt", begin);
  std::FILE* f = std::fopen((dir / "big.pt").c_str(), "ab");
  REQUIRE(f);
  CHECK(std::fwrite(tail.data(), 1, tail.size(), f) == tail.size());
  std::fclose(f);
  const auto start = std::chrono::steady_clock::now();
  const Description d = describe(dir / "big.pt");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500));   // reading the data takes longer on any disk
  CHECK(d.bytes > elements * 4);
  CHECK(d.tensors[0].shape == Shape{elements / 1000, 1000});
}
