// Pickles and archives made to run code, to fill the memory, or to read where they must not. Each is refused in one
// sentence that names what offends, and what it would have run leaves no trace.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "tensor/io/file.h"
#include "tests/scratch.h"
#include "tests/checkpoint_writer.h"
#include "weights/pickled_file.h"

using namespace ceir;
using namespace ceir::test;

namespace {

struct Hostile {
  const char* what;
  std::string body;        // of the pickle, protocol and stop apart
  const char* offending;   // must stand in the sentence
};

std::string call(const std::string& module, const std::string& name, const std::vector<std::string>& arguments) {
  return pk::global(module, name) + pk::tuple(arguments) + "R";
}

std::string short_text(const std::string& s) { return "\x8c" + le(s.size(), 1) + s; }

std::string storage(int64_t n = 6) { return pk::storage("FloatStorage", "0", n); }
std::string weight(int64_t offset, const std::vector<int64_t>& size, const std::vector<int64_t>& stride, int64_t n = 6) {
  return pk::dict({{"w", pk::tensor_of(storage(n), offset, size, stride)}});
}

std::vector<Hostile> code_runners(const std::string& canary) {
  const std::string command = pk::text("touch " + canary), code = pk::text("open('" + canary + "', 'w')");
  const std::string tensors = "}(" + pk::text("w") + pk::tensor_of(storage(), 0, {6}, {1});   // a good tensor first
  return {
      {"os.system by GLOBAL and REDUCE", call("os", "system", {command}), "'os.system'"},
      {"posix.system, where os.system lives", call("posix", "system", {command}), "'posix.system'"},
      {"nt.system", call("nt", "system", {command}), "'nt.system'"},
      {"subprocess.Popen", call("subprocess", "Popen", {pk::tuple({pk::text("touch"), pk::text(canary)})}), "'subprocess.Popen'"},
      {"subprocess.check_output", call("subprocess", "check_output", {command}), "'subprocess.check_output'"},
      {"builtins.eval", call("builtins", "eval", {code}), "'builtins.eval'"},
      {"builtins.exec", call("builtins", "exec", {code}), "'builtins.exec'"},
      {"eval by Python 2's name", call("__builtin__", "eval", {code}), "'__builtin__.eval'"},
      {"builtins.getattr to reach another function", call("builtins", "getattr", {pk::global("collections", "OrderedDict"), pk::text("__init__")}), "'builtins.getattr'"},
      {"builtins.__import__", call("builtins", "__import__", {pk::text("os")}), "'builtins.__import__'"},
      {"builtins.compile", call("builtins", "compile", {code}), "'builtins.compile'"},
      {"builtins.open", call("builtins", "open", {pk::text(canary), pk::text("w")}), "'builtins.open'"},
      {"importlib.import_module", call("importlib", "import_module", {pk::text("os")}), "'importlib.import_module'"},
      {"runpy.run_path", call("runpy", "run_path", {pk::text(canary)}), "'runpy.run_path'"},
      {"a reduce inside a reduce", call("builtins", "getattr", {call("builtins", "__import__", {pk::text("os")}), pk::text("system")}), "'builtins.getattr'"},
      {"eval as the argument of an allowed class", pk::global("collections", "OrderedDict") + pk::tuple({call("builtins", "eval", {code})}) + "R", "'builtins.eval'"},
      {"eval inside a tensor's arguments", pk::global("torch._utils", "_rebuild_tensor_v2") + pk::tuple({call("builtins", "eval", {code})}) + "R", "'builtins.eval'"},
      {"eval as a backward hook", pk::global("torch._utils", "_rebuild_tensor_v2") + pk::tuple({storage(), pk::integer(0), pk::integers({6}), pk::integers({1}), "\x89", call("builtins", "eval", {code})}) + "R", "'builtins.eval'"},
      {"eval after good tensors", tensors + pk::text("x") + call("builtins", "eval", {code}) + "u", "'builtins.eval'"},
      {"eval behind the dictionary, popped away", tensors + "u" + call("builtins", "eval", {code}) + "0", "'builtins.eval'"},
      {"eval as a dictionary's key", "}" + call("builtins", "eval", {code}) + "Ns", "'builtins.eval'"},
      {"STACK_GLOBAL", short_text("os") + short_text("system") + "\x93" + command + "\x85R", "'os.system'"},
      {"STACK_GLOBAL with names from the memo", short_text("system") + "\x94" + short_text("os") + "\x94" + "00" + "h\x01h" + std::string(1, '\0') + "\x93" + command + "\x85R", "'os.system'"},
      {"STACK_GLOBAL with names of protocol 0", "S'os'\nS'system'\n\x93" + command + "\x85R", "'os.system'"},
      {"INST", "(" + command + "ios\nsystem\n", "'os.system'"},
      {"INST of an allowed class", "(icollections\nOrderedDict\n", "'collections.OrderedDict'"},
      {"OBJ", "(" + pk::global("os", "system") + command + "o", "'os.system'"},
      {"OBJ of an allowed class", "(" + pk::global("torch", "Size") + pk::text("x") + "o", "'torch.Size'"},
      {"NEWOBJ", pk::global("subprocess", "Popen") + pk::tuple({command}) + "\x81", "'subprocess.Popen'"},
      {"NEWOBJ of an allowed function", pk::global("torch._utils", "_rebuild_tensor_v2") + ")\x81", "'torch._utils._rebuild_tensor_v2'"},
      {"NEWOBJ_EX", pk::global("subprocess", "Popen") + ")}\x92", "'subprocess.Popen'"},
      {"NEWOBJ_EX of an allowed class", pk::global("collections", "OrderedDict") + ")}\x92", "'collections.OrderedDict'"},
      {"BUILD that sets __setstate__ on a class", pk::global("collections", "OrderedDict") + pk::dict({{"__setstate__", pk::global("os", "system")}}) + "b" + command + "b", "'os.system'"},
      {"BUILD on an allowed class itself", pk::global("collections", "OrderedDict") + pk::dict({{"__setstate__", pk::text("x")}}) + "b", "'collections.OrderedDict'"},
      {"BUILD with eval as the state", tensors + "u" + call("builtins", "eval", {code}) + "b", "'builtins.eval'"},
      {"a TorchScript class outside TorchScript", pk::global("__torch__.evil", "M") + ")\x81}b", "'__torch__.evil.M'"},
      {"torch.load from within", call("torch", "load", {pk::text(canary)}), "'torch.load'"},
      {"a pickle inside a storage", call("torch.storage", "_load_from_bytes", {"C\x01."}), "'torch.storage._load_from_bytes'"},
      {"torch.hub.load", call("torch.hub", "load", {pk::text("evil/repo")}), "'torch.hub.load'"},
      {"numpy's object arrays", call("numpy.core.multiarray", "_reconstruct", {}), "'numpy.core.multiarray._reconstruct'"},
      {"pickle.loads", call("pickle", "loads", {"C\x01."}), "'pickle.loads'"},
      {"functools.partial", call("functools", "partial", {pk::text("x")}), "'functools.partial'"},
      {"operator.attrgetter", call("operator", "attrgetter", {pk::text("system")}), "'operator.attrgetter'"},
      {"a name that looks allowed", call("torch._utils", "_rebuild_tensor_v2.__globals__", {}), "'torch._utils._rebuild_tensor_v2.__globals__'"},
      {"a name with a null byte", call("torch", std::string("Size\0", 5), {}), "Size\\u0000"},
      {"an allowed name, called as a function that it is not", call("torch", "FloatStorage", {pk::text("x")}), "'torch.FloatStorage'"},
      {"rebuild_from_type with another function", pk::global("torch._tensor", "_rebuild_from_type_v2") + pk::tuple({pk::global("torch", "Size"), pk::global("torch", "Tensor"), ")", "}"}) + "R", "'torch.Size'"},
      {"the extension registry", "\x82\x01", "extension registry"},
  };
}

std::vector<Hostile> memory_and_bounds() {
  return {
      {"LONG4 of two gigabytes", "\x8b" + le(0x7fffffff, 4), "cut short"},
      {"LONG4 of a negative length", "\x8b" + le(0xfffffff0, 4), "integer of -16 bytes"},
      {"a text of 16 exabytes", "\x8d" + le(~uint64_t{0} >> 1, 8), "cut short"},
      {"a frame larger than the stream", "\x95" + le(1ull << 62, 8), "frame"},
      {"a memo place that was never set", "h\x07", "value 7"},
      {"a huge memo place is no allocation", "Nr" + le(0xffffffff, 4) + "0j" + le(0xfffffffe, 4), "value 4294967294"},
      {"a persistent id that is a number", pk::integer(5) + "Q", "persistent id"},
      {"a persistent id that is a text", "Pevil\n", "'evil'"},
      {"a persistent id of another thing", pk::tuple({pk::text("module"), pk::integer(1), pk::integer(1), pk::integer(1), pk::integer(1)}) + "Q", "persistent id"},
      {"a storage whose type is a dtype", pk::tuple({pk::text("storage"), pk::global("torch", "float32"), pk::text("0"), pk::text("cpu"), pk::integer(6)}) + "Q", "'torch.float32'"},
      {"a storage whose key is a path", pk::dict({{"w", pk::tensor_of(pk::storage("FloatStorage", "../../../etc/passwd", 6), 0, {6}, {1})}}), "etc/passwd' is missing"},
      {"a storage of negative size", pk::storage("FloatStorage", "0", -6), "too large"},
      {"a storage of 2^62 elements", pk::storage("DoubleStorage", "0", int64_t{1} << 62), "too large"},
      {"a storage larger than its record", weight(0, {7}, {1}, 7), "has 24 bytes, its pickle says 28"},
      {"a tensor past the end", weight(0, {7}, {1}), "reaches 7 elements, the storage has 6"},
      {"an offset past the end", weight(6, {1}, {1}), "storage has 6"},
      {"a negative offset", weight(-1, {1}, {1}), "storage has 6"},
      {"a negative stride", weight(5, {6}, {-1}), "negative"},
      {"a negative size", weight(0, {-1}, {1}), "negative"},
      {"strides that overflow", weight(0, {3, 3}, {int64_t{1} << 62, int64_t{1} << 62}), "too large"},
      {"sizes that overflow", weight(0, {int64_t{1} << 40, int64_t{1} << 40}, {0, 0}), "too large"},
      {"a few bytes repeated to terabytes", weight(0, {int64_t{1} << 40}, {0}), "repeats"},
      {"sizes and strides of different number", weight(0, {6}, {1, 1}), "1 sizes and 2 strides"},
      {"nine dimensions", weight(0, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}), "9 dimensions"},
      {"sizes that are texts", pk::global("torch._utils", "_rebuild_tensor_v2") + pk::tuple({storage(), pk::integer(0), pk::tuple({pk::text("6")}), pk::integers({1})}) + "R", "'torch._utils._rebuild_tensor_v2'"},
      {"a collection that was not begun", "}u", "not begun"},
      {"a value where there is none", "a", "where there is none"},
      {"a pop through a mark", "N(a", "where there is none"},
      {"setting items of a tuple", ")NNs", "no dictionary"},
      {"appending to a dictionary", "}Na", "no list"},
      {"a key without a value", "}(Nu", "key without a value"},
      {"an opcode that does not exist", "\xff", "0xff"},
      {"buffers out of band", "\x97", "0x97"},
      {"protocol 250", "\x80\xfa", "protocol 250"},
      {"a list that holds itself", pk::dict({{"w", "]q" + std::string(1, '\0') + "h" + std::string(1, '\0') + "a"}}), "no tensors"},
      {"a dictionary that holds itself", "}q" + std::string(1, '\0') + pk::text("d") + "h" + std::string(1, '\0') + "s", "deep"},
      {"no dictionary at all", pk::integer(7), "dictionary of tensors"},
  };
}

void check_refused(const Hostile& h, const std::string& file) {
  CAPTURE(std::string(h.what));
  try {
    const PickledFile opened(std::as_bytes(std::span(file.data(), file.size())), "evil.pt");
    for (const TensorInfo& t : opened.tensors()) opened.tensor(t.name);
    FAIL_CHECK("it was read");
  } catch (const Error& e) {
    const std::string sentence = e.what();
    CAPTURE(sentence);
    CHECK(e.kind() == ErrorKind::bad_input);
    CHECK(sentence.starts_with("evil.pt: "));
    CHECK(sentence.find(h.offending) != std::string::npos);
    CHECK(sentence.size() < 500);
    CHECK(sentence.find('\n') == std::string::npos);
  }
}

}  // namespace

TEST_CASE("hostile pickles: nothing is executed, the offending name is in the sentence") {
  const Scratch dir;
  const std::string canary = dir / "canary", data = bytes_of(std::vector<float>(6));
  const auto runners = code_runners(canary);
  CHECK(runners.size() >= 30);
  for (const Hostile& h : runners) {
    check_refused(h, checkpoint_of(h.body, {data}));                                                          // torch.save
    check_refused(h, pk::stream(std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12)) + pk::stream(pk::integer(1001)) + pk::stream("}") + pk::stream(h.body));   // before 1.6
    if (std::string(h.what).find("TorchScript") == std::string::npos)
      check_refused(h, checkpoint_of(h.body, {data}, {{"archive/constants.pkl", pk::stream(")")}}));          // torch.jit.save
    CHECK_FALSE(std::filesystem::exists(canary));
  }
}

TEST_CASE("hostile pickles: sizes, offsets and cycles") {
  for (const Hostile& h : memory_and_bounds()) check_refused(h, checkpoint_of(h.body, {bytes_of(std::vector<float>(6))}));
}

TEST_CASE("hostile pickles: bombs of names, marks and values end early") {
  // 60 dictionaries, each holding the one before it twice: 2^60 names.
  std::string nested = "}" + pk::text("w") + pk::tensor_of(storage(), 0, {6}, {1}) + "sq" + std::string(1, '\0');
  for (int i = 1; i < 60; i++) {
    const std::string before = "h" + le(static_cast<uint64_t>(i - 1), 1);
    nested += "}" + pk::text("a") + before + "s" + pk::text("b") + before + "sq" + le(static_cast<uint64_t>(i), 1);
  }
  check_refused({"doubled dictionaries", "", "name more than"}, checkpoint_of(nested, {bytes_of(std::vector<float>(6))}));
  check_refused({"marks", "", "nests"}, checkpoint_of(std::string(200'000, '('), {}));
  check_refused({"values", "", "values"}, checkpoint_of("(" + std::string(4'000'000, 'N') + "t", {}));
  check_refused({"copies on the stack", "", "stacks"}, checkpoint_of("N" + std::string(5'000'000, '2'), {}));
}

TEST_CASE("hostile archives: names, sizes, overlaps and damage") {
  const std::string data = bytes_of(std::vector<float>(6)), body = weight(0, {6}, {1});
  const Member pickle{"a/data.pkl", pk::stream(body)}, storage0{"a/data/0", data};
  const auto with = [&](Member m) { return zip_of({pickle, storage0, std::move(m)}); };
  const std::string good = zip_of({pickle, storage0});
  CHECK(PickledFile(std::as_bytes(std::span(good.data(), good.size())), "good.pt").tensors().size() == 1);
  for (const char* name : {"../escape", "/absolute", "a/../../b", "a\\b", "a//b", ""}) check_refused({name, "", "plain relative name"}, with({name, "x"}));
  check_refused({"a name twice", "", "there twice"}, with({"a/data/0", "x"}));
  check_refused({"two pickles", "", "two checkpoints"}, with({"b/data.pkl", "x"}));
  check_refused({"big-endian", "", "big-endian"}, with({"a/byteorder", "big"}));
  check_refused({"a wrong CRC of the pickle", "", "CRC"}, zip_of({{"a/data.pkl", pk::stream(body), false, false, -1, true}, storage0}));
  check_refused({"a wrong CRC of a stored storage", "", "CRC"}, zip_of({pickle, {"a/data/0", data, false, false, -1, true}}));
  check_refused({"a wrong CRC of a deflated storage", "", "CRC"}, zip_of({pickle, {"a/data/0", data, true, false, -1, true}}));
  check_refused({"a size beyond the file", "", "outside the file"}, zip_of({pickle, {"a/data/0", data, false, false, int64_t{1} << 30}}));
  check_refused({"a size beyond the next member", "", "overlap"}, zip_of({{"a/data/0", data, false, false, 200}, pickle}));
  check_refused({"a zip64 size of 2^62", "", "outside the file"}, zip_of({pickle, {"a/data/0", data, false, true, int64_t{1} << 62}}));
  check_refused({"a deflated size that cannot be", "", "cannot inflate"}, zip_of({pickle, {"a/data/0", data, true, true, int64_t{1} << 40}}));
  check_refused({"more inflated than promised", "", "size that the directory says"}, zip_of({{"a/data.pkl", pk::stream(body), true, false, 10}, storage0}));
  check_refused({"less inflated than promised", "", "size that the directory says"}, zip_of({{"a/data.pkl", pk::stream(body), true, false, 2000}, storage0}));
  const int64_t large = 20 << 20;   // elements: 80 MB of zeros in 80 kB
  check_refused({"a zip bomb", "", "fill the memory"},
                zip_of({{"a/data.pkl", pk::stream(weight(0, {large}, {1}, large))}, {"a/data/0", std::string(static_cast<size_t>(large) * 4, '\0'), true}}));
  check_refused({"a pickle of 65 MB", "", "more than the"}, zip_of({{"a/data.pkl", std::string((size_t{64} << 20) + 1, '.'), true}, storage0}));
  check_refused({"no pickle", "", "without data.pkl"}, zip_of({storage0}));
  check_refused({"an empty archive", "", "without data.pkl"}, zip_of({}));
  std::string s = good;
  s[s.rfind("PK\x01\x02") + 8] = 1;   // the last entry's flags
  check_refused({"encrypted", "", "encrypted"}, s);
  s = good, s[s.rfind("PK\x01\x02") + 10] = 14;
  check_refused({"an unknown method", "", "method 14"}, s);
  s = good, s[s.size() - 22 + 4] = 1;
  check_refused({"several parts", "", "several parts"}, s);
  s = good, s[s.find("a/data/0")] = 'b';   // before the data, not in the directory
  check_refused({"two names for one member", "", "called 'b/data/0'"}, s);
  for (size_t cut = 0; cut < good.size(); cut += 7) {
    std::string part = good.substr(0, cut);
    try {
      PickledFile file(std::as_bytes(std::span(part.data(), part.size())), "cut.pt");
      FAIL_CHECK("read although cut at " << cut);
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::bad_input);
    }
  }
}

TEST_CASE("hostile archives: mutations of good ones end in a sentence or in tensors") {
  const std::string data = bytes_of(std::vector<float>{0, 1, 2, 3, 4, 5});
  const std::string body = pk::ordered({{"w", pk::tensor_of(storage(), 0, {3, 2}, {1, 3})}, {"v", pk::tensor_of(storage(), 2, {2}, {2})}, {"n", pk::integer(7)}});
  const std::string module = pk::global("__torch__", "M") + ")\x81" + pk::dict({{"w", pk::tensor_of(storage(), 0, {6}, {1})}, {"training", "\x88"}}) + "b";
  const auto read = [](const std::string& s) {
    const PickledFile file(std::as_bytes(std::span(s.data(), s.size())), "mutated");
    std::vector<std::byte> buffer;
    for (const TensorInfo& t : file.tensors()) file.tensor(t.name).values(), file.raw(t, buffer);
  };
  fuzz(checkpoint_of(body, {data}), "zip", fuzz_rounds(1500), read);
  fuzz(zip_of({{"a/data.pkl", pk::stream(module), true}, {"a/data/0", data, true}, {"a/constants.pkl", ")."}}, true), "torchscript", fuzz_rounds(1500), read);
  // The pickle alone: its CRC always right.
  fuzz(body, "pickle", fuzz_rounds(4000), [&](const std::string& mutated) { read(checkpoint_of(mutated, {data})); });
  fuzz(module, "object", fuzz_rounds(4000), [&](const std::string& mutated) { read(checkpoint_of(mutated, {data}, {{"archive/constants.pkl", ")."}})); });
  fuzz(pk::stream(body), "legacy", fuzz_rounds(2000), [&](const std::string& mutated) {
    read(pk::stream(std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12)) + pk::stream(pk::integer(1001)) + pk::stream("}") + mutated + pk::stream("](" + pk::text("0") + "e") + le(6, 8) + data);
  });
}
