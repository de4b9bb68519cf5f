// PyTorch checkpoints, written by hand: layouts, views, names.
#include <doctest/doctest.h>

#include "tensor/io/file.h"
#include "tests/scratch.h"
#include "tests/checkpoint_writer.h"
#include "weights/pickled_file.h"
#include "weights/safetensors.h"

using namespace ceir;
using namespace ceir::test;

namespace {

PickledFile open_bytes(std::string bytes) {
  const auto s = std::make_shared<const std::string>(std::move(bytes));   // outlives the call with the file
  return {std::as_bytes(std::span(s->data(), s->size())), "memory.pt", s};
}

const std::vector<float> six{0, 1, 2, 3, 4, 5};

std::string tensor(const std::string& key, const std::vector<int64_t>& size, const std::vector<int64_t>& stride, int64_t offset = 0, const std::string& type = "FloatStorage", int64_t n = 6) {
  return pk::tensor_of(pk::storage(type, key, n), offset, size, stride);
}

}  // namespace

TEST_CASE("checkpoint: transposed, sliced and repeated views of one storage") {
  const std::string s = checkpoint_of(pk::ordered({{"plain", tensor("0", {2, 3}, {3, 1})},
                                                   {"transposed", tensor("0", {3, 2}, {1, 3})},
                                                   {"slice", tensor("0", {2}, {3}, 1)},
                                                   {"repeated", tensor("0", {2, 2}, {0, 1}, 4)},
                                                   {"scalar", tensor("0", {}, {}, 5)},
                                                   {"empty", tensor("0", {0, 3}, {3, 1}, 6)}}),
                                      {bytes_of(six)});
  const PickledFile file(std::as_bytes(std::span(s.data(), s.size())), "memory.pt");
  CHECK(file.layout() == PickledFile::Layout::zip);
  CHECK(file.tensor("plain").values() == std::vector<double>{0, 1, 2, 3, 4, 5});
  CHECK(file.tensor("transposed").values() == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK(file.tensor("slice").values() == std::vector<double>{1, 4});
  CHECK(file.tensor("repeated").values() == std::vector<double>{4, 5, 4, 5});
  CHECK(file.tensor("scalar").values() == std::vector<double>{5});
  CHECK(file.tensor("empty").shape() == Shape{0, 3});
  CHECK(file.strided(*file.find("transposed")));
  CHECK_FALSE(file.strided(*file.find("plain")));
  std::vector<std::byte> buffer;
  const auto raw = file.raw(*file.find("transposed"), buffer);
  CHECK(std::string(reinterpret_cast<const char*>(raw.data()), raw.size()) == bytes_of(std::vector<float>{0, 3, 1, 4, 2, 5}));
  // Stored uncompressed and aligned: the tensor is the file's own memory.
  const std::byte* at = file.tensor("plain").bytes_begin();
  CHECK(at >= reinterpret_cast<const std::byte*>(s.data()));
  CHECK(at < reinterpret_cast<const std::byte*>(s.data() + s.size()));
}

TEST_CASE("checkpoint: every type of storage, on any device") {
  const std::string body = pk::dict({{"f16", pk::tensor_of(pk::storage("HalfStorage", "0", 2, "cuda:0"), 0, {2}, {1})},
                                     {"bf16", pk::tensor_of(pk::storage("BFloat16Storage", "1", 1, "cuda:7"), 0, {1}, {1})},
                                     {"f64", pk::tensor_of(pk::storage("DoubleStorage", "2", 1), 0, {}, {})},
                                     {"i64", pk::tensor_of(pk::storage("LongStorage", "3", 1), 0, {}, {})},
                                     {"u8", pk::tensor_of(pk::storage("ByteStorage", "4", 3), 1, {2}, {1})},
                                     {"bool", pk::tensor_of(pk::storage("BoolStorage", "5", 2), 0, {2}, {1})},
                                     {"i16", pk::tensor_of(pk::storage("ShortStorage", "6", 1), 0, {1}, {1})}});
  const PickledFile file = open_bytes(checkpoint_of(body, {std::string("\x00\x3c\x00\xc0", 4), std::string("\x80\x3f", 2), bytes_of<double>({0.1}), bytes_of<int64_t>({-7}), std::string("\x01\x02\xff", 3),
                                                           std::string("\x01\x00", 2), bytes_of<int16_t>({-2})}));
  const std::pair<const char*, std::vector<double>> expected[] = {{"f16", {1, -2}}, {"bf16", {1}}, {"f64", {0.1}}, {"i64", {-7}}, {"u8", {2, 255}}, {"bool", {1, 0}}, {"i16", {-2}}};
  for (const auto& [name, values] : expected) {
    CAPTURE(name);
    CHECK(file.tensor(name).values() == values);
  }
  CHECK(file.find("bf16")->dtype == "BF16");
  CHECK(file.tensor("f16").dtype() == DType::f16);
}

TEST_CASE("checkpoint: the newest forms: untyped storages with a type beside them, parameters, attributes") {
  const std::string untyped = pk::tuple({pk::text("storage"), pk::global("torch.storage", "UntypedStorage"), pk::text("0"), pk::text("cpu"), pk::integer(24)}) + "Q";
  const std::string empty = pk::global("collections", "OrderedDict") + ")R";
  const std::string v3 = pk::global("torch._utils", "_rebuild_tensor_v3") +
                         pk::tuple({untyped, pk::integer(1), pk::integers({2}), pk::integers({2}), "\x89", empty, pk::global("torch", "float32"), "}"}) + "R";
  const std::string v2_arguments = pk::tuple({pk::storage("FloatStorage", "0", 6), pk::integer(0), pk::integers({6}), pk::integers({1}), "\x88", empty});
  const std::string typed = pk::global("torch._tensor", "_rebuild_from_type_v2") +
                            pk::tuple({pk::global("torch._utils", "_rebuild_tensor_v2"), pk::global("torch", "Tensor"), v2_arguments, "}"}) + "R";
  const std::string parameter = pk::global("torch._utils", "_rebuild_parameter") + pk::tuple({tensor("0", {6}, {1}), "\x88", empty}) + "R";
  const std::string size = pk::global("torch", "Size") + pk::tuple({pk::integers({1, 2})}) + "R";
  const std::string metadata = pk::dict({{"_metadata", pk::ordered({{"", pk::dict({{"version", pk::integer(1)}})}})}});
  const PickledFile file = open_bytes(checkpoint_of(pk::ordered({{"v3", v3}, {"typed", typed}, {"parameter", parameter}, {"size", size}}) + metadata + "b", {bytes_of(six)}));
  CHECK(file.tensors().size() == 3);
  CHECK(file.tensor("v3").values() == std::vector<double>{1, 3});
  CHECK(file.tensor("typed").values() == std::vector<double>{0, 1, 2, 3, 4, 5});
  CHECK(file.tensor("parameter").values() == std::vector<double>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("checkpoint: the dict around a state dict is opened, the wrapper's prefix taken off, the rest left out") {
  const std::string weights = pk::ordered({{"module.a.weight", tensor("0", {6}, {1})}, {"module.b", tensor("0", {}, {})}});
  const PickledFile file = open_bytes(checkpoint_of(
      pk::dict({{"epoch", pk::integer(32)}, {"name", pk::text("x")}, {"state_dict", weights}, {"optimizer", pk::dict({{"m", tensor("0", {6}, {1})}})}}), {bytes_of(six)}));
  CHECK(file.wrapper() == "state_dict");
  REQUIRE(file.tensors().size() == 2);
  CHECK(file.tensors()[0].name == "a.weight");
  CHECK(file.tensors()[1].name == "b");
  const PickledFile nested = open_bytes(checkpoint_of(pk::dict({{"model", pk::dict({{"state_dict", pk::dict({{"w", tensor("0", {6}, {1})}})}})}}), {bytes_of(six)}));
  CHECK(nested.wrapper() == "model.state_dict");
  CHECK(nested.find("w"));
  const PickledFile parts = open_bytes(checkpoint_of(pk::dict({{"visual", pk::dict({{"w", tensor("0", {6}, {1})}})}, {"n", pk::integer(-3)}}), {bytes_of(six)}));
  CHECK(parts.find("visual.w"));
  CHECK(parts.integers().at("n") == -3);
  check_error(ErrorKind::bad_input, "'epoch', 'name'", [] { open_bytes(checkpoint_of(pk::dict({{"epoch", pk::integer(1)}, {"name", pk::text("x")}}), {})); });
}

TEST_CASE("checkpoint: a TorchScript archive is its modules' attributes") {
  const auto object = [](const std::string& type, const std::vector<std::pair<std::string, std::string>>& state) { return pk::global("__torch__.clip", type) + ")\x81" + pk::dict(state) + "b"; };
  const std::string body = object("CLIP", {{"logit_scale", tensor("0", {}, {}, 2)},
                                           {"visual", object("VIT", {{"training", "\x88"}, {"_hook", "N"}, {"conv1", object("Conv", {{"weight", tensor("0", {2, 3}, {3, 1})}})}})},
                                           {"input_resolution", pk::integer(224)}});
  std::vector<Member> archive{{"m/data.pkl", pk::stream(body)}, {"m/data/0", bytes_of(six)}, {"m/constants.pkl", pk::stream(")")}, {"m/code/x.py", std::string(1000, '#'), true}};
  const std::string s = zip_of(archive);
  const PickledFile file = open_bytes(s);
  CHECK(file.layout() == PickledFile::Layout::torchscript);
  REQUIRE(file.tensors().size() == 2);
  CHECK(file.tensors()[1].name == "visual.conv1.weight");
  CHECK(file.tensor("logit_scale").item() == 2);
  CHECK(file.integers().at("input_resolution") == 224);
  // The same classes in a plain checkpoint are strangers.
  archive[2].name = "m/other";
  check_error(ErrorKind::bad_input, "__torch__.clip.CLIP", [&] { open_bytes(zip_of(archive)); });
}

TEST_CASE("checkpoint: zip64 records, deflated storages, a comment at the end") {
  const std::string body = pk::dict({{"w", tensor("0", {2, 3}, {3, 1})}, {"v", tensor("1", {6}, {1})}});
  for (const bool zip64 : {false, true}) {
    const std::string s = zip_of({{"a/data.pkl", pk::stream(body), true, zip64}, {"a/data/0", bytes_of(six), true, zip64}, {"a/data/1", bytes_of(six), false, zip64}, {"a/byteorder", "little"}}, zip64);
    const PickledFile file = open_bytes(s);
    CHECK(file.tensor("w").values() == std::vector<double>{0, 1, 2, 3, 4, 5});
    CHECK(file.tensor("v").values() == std::vector<double>{0, 1, 2, 3, 4, 5});
  }
  std::string s = checkpoint_of(body, {bytes_of(six), bytes_of(six)});
  s[s.size() - 2] = 5;
  CHECK(open_bytes(s + "hello").tensors().size() == 2);
}

namespace {

std::string legacy_of(const std::string& body, const std::vector<std::string>& keys, const std::vector<std::string>& storages, bool little = true) {
  std::string s = pk::stream(std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12)) + pk::stream(pk::integer(1001)) +
                  pk::stream(pk::dict({{"protocol_version", pk::integer(1001)}, {"little_endian", little ? "\x88" : "\x89"}})) + pk::stream(body);
  std::string list = "](";
  for (const auto& k : keys) list += pk::text(k);
  s += pk::stream(list + "e");
  for (const auto& bytes : storages) s += le(bytes.size() / 4, 8) + bytes;
  return s;
}

}  // namespace

TEST_CASE("checkpoint: the stream that torch.save wrote before 1.6") {
  const auto legacy_storage = [](const std::string& key) { return pk::tuple({pk::text("storage"), pk::global("torch", "FloatStorage"), pk::text(key), pk::text("cpu"), pk::integer(6), "N"}) + "Q"; };
  const std::string body = pk::ordered({{"w", pk::tensor_of(legacy_storage("71"), 0, {3, 2}, {1, 3})}, {"v", pk::tensor_of(legacy_storage("72"), 5, {}, {})}});
  const PickledFile file = open_bytes(legacy_of(body, {"71", "72"}, {bytes_of(six), bytes_of(six)}));
  CHECK(file.layout() == PickledFile::Layout::legacy);
  CHECK(file.tensor("w").values() == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK(file.tensor("v").item() == 5);
  const auto refused = [](const std::string& part, const std::string& s) { check_error(ErrorKind::bad_input, part, [&] { open_bytes(s); }); };
  refused("big-endian", legacy_of(body, {"71", "72"}, {bytes_of(six), bytes_of(six)}, false));
  refused("'72' is missing", legacy_of(body, {"71"}, {bytes_of(six)}));
  refused("does not name", legacy_of(body, {"71", "73"}, {bytes_of(six), bytes_of(six)}));
  refused("twice", legacy_of(body, {"71", "71"}, {bytes_of(six), bytes_of(six)}));
  refused("bytes after", legacy_of(body, {"71", "72"}, {bytes_of(six), bytes_of(six)}) + "x");
  refused("elements", legacy_of(body, {"71", "72"}, {bytes_of(std::vector<float>{1}), bytes_of(six)}));
  refused("cut short", [&] { std::string s = legacy_of(body, {"71", "72"}, {bytes_of(six), bytes_of(six)}); s.resize(s.size() - 3); return s; }());
}

TEST_CASE("checkpoint: folders, shards, and what only `convert` opens") {
  const Scratch dir;
  const std::string one = checkpoint_of(pk::dict({{"a", tensor("0", {6}, {1})}}), {bytes_of(six)}), two = checkpoint_of(pk::dict({{"b", tensor("0", {6}, {1})}}), {bytes_of(six)});
  write_file(dir / "pytorch_model.bin", one);
  write_file(dir / "training_args.bin", "never opened");
  CHECK(open_any_weights(dir.path).names() == std::vector<std::string>{"a"});
  check_error(ErrorKind::bad_input, "ceir convert", [&] { WeightFiles w(dir / "pytorch_model.bin"); });
  std::filesystem::rename(dir / "pytorch_model.bin", dir / "pytorch_model-1.bin");
  write_file(dir / "pytorch_model-2.bin", two);
  check_error(ErrorKind::bad_input, "holds 2 pickled checkpoints", [&] { open_any_weights(dir.path); });
  write_file(dir / "pytorch_model.bin.index.json", R"({"weight_map": {"a": "pytorch_model-1.bin", "b": "pytorch_model-2.bin"}})");
  CHECK(open_any_weights(dir.path).names() == std::vector<std::string>{"a", "b"});
  for (const char* shard : {"../pytorch_model-2.bin", "/etc/passwd"}) {
    write_file(dir / "pytorch_model.bin.index.json", std::string(R"({"weight_map": {"a": "pytorch_model-1.bin", "b": ")") + shard + "\"}}");
    check_error(ErrorKind::bad_input, "plain file name", [&] { open_any_weights(dir.path); });
  }
  write_safetensors(dir / "model.safetensors", {{"c", Tensor::zeros({1})}});
  CHECK(open_any_weights(dir.path).names() == std::vector<std::string>{"c"});
}
