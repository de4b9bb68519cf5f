// What a command leaves behind: nothing when it fails or only looks, never an older file lost without --force.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <cmath>

#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/tools/process.h"
#include "tools/command.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// Small inputs of every stage, made once by the commands themselves.
struct Stages {
  TempFolder folder;
  std::map<std::string, std::vector<std::string>> lines;  // command: arguments but --out
  std::map<std::string, std::string> outputs;             // command: a name for --out

  std::string at(const std::string& name) const { return folder / name; }
  void make(std::vector<std::string> line) {
    line.push_back("--quiet");
    const Finished f = ceir_process(line);
    REQUIRE_MESSAGE(f.code == 0, f.err);
  }
  Stages() {
    folder.write("texts.txt", "barn\nsnowman\ncactus\ntable\n");
    make({"embed", "scenes:40", "--out", at("f.npy")});
    make({"embed-text", "--texts", at("texts.txt"), "--out", at("t.npy")});
    make({"teacher", "--in", at("f.npy"), "--texts", at("t.npy"), "--out", at("p.npy")});
    make({"cbm", "--features", at("f.npy"), "--teacher", at("p.npy"), "--concepts", at("texts.txt"), "--steps", "40", "--cutoff", "-9", "--out", at("b.safetensors")});
    make({"project", "--bottleneck", at("b.safetensors"), "--features", at("f.npy"), "--out", at("c.npy")});
    make({"vae", "--in", at("c.npy"), "--epochs", "2", "--out", at("v.safetensors")});
    make({"encode", "--vae", at("v.safetensors"), "--in", at("c.npy"), "--out", at("z.npy")});
    make({"cluster", "--in", at("z.npy"), "--clusters", "3", "--out", at("l.npy")});
    make({"run", "scenes:24", "--seed", "1", "--set", "vae.epochs=1", "--set", "cbm.steps=3", "--set", "cbm.cutoff=-9", "--out", at("run")});
    lines = {{"embed", {"scenes:8"}},
             {"embed-text", {"--texts", at("texts.txt")}},
             {"teacher", {"--in", at("f.npy"), "--texts", at("t.npy")}},
             {"cbm", {"--features", at("f.npy"), "--teacher", at("p.npy"), "--steps", "5", "--cutoff", "-9"}},
             {"project", {"--bottleneck", at("b.safetensors"), "--features", at("f.npy")}},
             {"vae", {"--in", at("c.npy"), "--epochs", "1"}},
             {"encode", {"--vae", at("v.safetensors"), "--in", at("c.npy")}},
             {"cluster", {"--in", at("z.npy"), "--clusters", "3"}},
             {"preprocess", {"scenes:4", "--style", "hf", "--size", "32"}},
             {"classify", {"scenes:4", "--texts", at("texts.txt")}},
             {"report", {at("run")}},
             {"explain", {at("run")}},
             {"scenes", {"--train", "2", "--test", "1"}},
             {"train-clip", {"scenes:16", "--steps", "1", "--train-batch", "4"}}};
    for (const auto& [name, line] : lines)
      outputs[name] = name == "cbm" || name == "vae" ? "o.safetensors" : name == "report" ? "o.html" : name == "explain" ? "o.json" : name == "scenes" || name == "train-clip" ? "o" : "o.npy";
  }
  std::vector<std::string> line(const std::string& command, const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> l{command};
    l.insert(l.end(), lines.at(command).begin(), lines.at(command).end());
    l.insert(l.end(), {"--out", out});
    l.insert(l.end(), more.begin(), more.end());
    return l;
  }
};

const Stages& stages() {
  static const Stages s;
  return s;
}

bool is_object(const std::string& text) {
  if (text.empty() || text.back() != '\n' || text.find('\n') + 1 != text.size()) return false;
  return Json::parse(text, "stdout").is_object();
}

// One sentence, exit code 2 or 3, and the folder's only file, which holds "mine", is as it was.
void refused_and_untouched(const std::vector<std::string>& line, const TempFolder& folder, const std::string& file) {
  const Finished f = ceir_process(line);
  CAPTURE(f.err);
  CHECK((f.code == 2 || f.code == 3));
  CHECK(one_sentence(f.err));
  CHECK(slurp(file) == "mine");
  CHECK(files_below(folder.str()).size() == 1);
}

}  // namespace

TEST_CASE("--dry-run of every command says what it would do, and writes nothing") {
  const Stages& s = stages();
  const auto before = files_below(s.folder.str());
  const TempFolder empty;
  auto check = [&](std::vector<std::string> line) {
    line.push_back("--dry-run");
    CAPTURE(line[0]);
    const Finished f = ceir_process(line, {.folder = empty.str()});
    CAPTURE(f.err);
    CHECK(f.code == 0);
    CHECK(!f.out.empty());
    line.push_back("--json");
    CHECK(is_object(ceir_process(line, {.folder = empty.str()}).out));
    CHECK(std::filesystem::is_empty(empty.str()));
  };
  for (const auto& [name, unused] : s.lines) check(s.line(name, empty / s.outputs.at(name)));
  check({"run", "scenes:24", "--out", empty / "run"});
  check({"run", "scenes:24"});
  check({"embed", "scenes:4", "--trace", empty / "trace", "--out", empty / "o.npy"});
  check({"tokenize", "--texts", s.at("texts.txt")});
  check({"eval", "--pred", s.at("l.npy"), "--truth", s.at("l.npy")});
  check({"probe", "--in", s.at("z.npy"), "--truth", s.at("l.npy"), "--test-in", s.at("z.npy"), "--test-truth", s.at("l.npy")});
  const std::string kept = Json::read(s.at("run/concepts.json")).at("kept", "concepts").as_array("kept")[0].as_string("kept");
  check({"edit", s.at("run"), "--image", "#0", "--remove-concept", kept});
  check({"label", s.at("run")});
  check({"verify", s.at("run")});
  check({"inspect", s.at("f.npy")});
  check({"bench", "gemm"});
  CHECK(files_below(s.folder.str()) == before);
}

TEST_CASE("existing output is refused without --force, and left as it was") {
  const Stages& s = stages();
  for (const auto& [name, unused] : s.lines) {
    CAPTURE(name);
    const TempFolder folder;
    const std::string out = folder.write(s.outputs.at(name), "mine");
    refused_and_untouched(s.line(name, out), folder, out);
  }
}

TEST_CASE("a folder that is no run or model is never replaced, with --force either") {
  const TempFolder folder;
  const std::string mine = folder.write("photos/a.txt", "mine");
  for (const auto& line : std::vector<std::vector<std::string>>{
           {"run", "scenes:24", "--seed", "1", "--set", "vae.epochs=1", "--force", "--out", folder / "photos"},
           {"train-clip", "scenes:16", "--steps", "1", "--train-batch", "4", "--force", "--out", folder / "photos"},
           {"scenes", "--train", "2", "--test", "1", "--force", "--out", folder / "photos"}}) {
    CAPTURE(line[0]);
    refused_and_untouched(line, folder, mine);
  }
}

TEST_CASE("--force overwrites, and gives the bytes of a first writing") {
  const Stages& s = stages();
  for (const char* name : {"embed", "project", "vae", "cluster"}) {
    CAPTURE(name);
    const TempFolder a, b;
    const std::string first = a / s.outputs.at(name), second = b.write(s.outputs.at(name), "old");
    REQUIRE(ceir_process(s.line(name, first)).code == 0);
    const Finished f = ceir_process(s.line(name, second, {"--force"}));
    CHECK_MESSAGE(f.code == 0, f.err);
    CHECK(files_below(a.str()) == files_below(b.str()));
  }
}

TEST_CASE("--json is one JSON object on one line of stdout") {
  const Stages& s = stages();
  const auto check = [&](std::vector<std::string> line) {
    line.push_back("--json");
    CAPTURE(line[0]);
    const Finished f = ceir_process(line);
    CAPTURE(f.err);
    CHECK(f.code == 0);
    CHECK(is_object(f.out));
  };
  const TempFolder folder;
  int i = 0;
  for (const auto& [name, unused] : s.lines) check(s.line(name, folder / (std::to_string(i++) + s.outputs.at(name))));
  check({"run", "scenes:24", "--seed", "1", "--set", "vae.epochs=1", "--set", "cbm.steps=3", "--set", "cbm.cutoff=-9", "--out", folder / "run"});
  check({"run", "scenes:24", "--seed", "1", "--set", "vae.epochs=1", "--set", "cbm.steps=3", "--set", "cbm.cutoff=-9", "--out", folder / "run"});
  check({"tokenize", "--texts", s.at("texts.txt")});
  check({"eval", "--pred", s.at("l.npy"), "--truth", s.at("l.npy")});
  check({"probe", "--in", s.at("z.npy"), "--truth", s.at("l.npy"), "--test-in", s.at("z.npy"), "--test-truth", s.at("l.npy")});
  check({"label", s.at("run")});
  check({"explain", s.at("run"), "--image", "#1"});
  check({"inspect", s.at("f.npy")});
  check({"inspect", s.at("run")});
}

TEST_CASE("output that cannot be written: one sentence, nothing left") {
  const Stages& s = stages();
  for (const auto& [name, unused] : s.lines) {
    CAPTURE(name);
    const TempFolder folder;
    std::filesystem::create_directory(folder / "d");
    folder.write("file", "mine");
    std::vector<std::string> outs{folder / ("file/" + s.outputs.at(name)), "/proc/" + s.outputs.at(name)};
    if (name != "scenes" && name != "train-clip") outs.push_back(folder / "d"), outs.push_back(folder / ("gone/" + s.outputs.at(name)));
    for (const std::string& out : outs) {
      const Finished f = ceir_process(s.line(name, out));
      CAPTURE(out);
      CAPTURE(f.err);
      CHECK((f.code == 2 || f.code == 3 || f.code == 5));
      CHECK(one_sentence(f.err));
    }
    CHECK(files_below(folder.str()).size() == 1);
  }
}

TEST_CASE("stages: --pixels, --ids, --apply, stdin and NUL give what the plain way gives") {
  const Stages& s = stages();
  const TempFolder folder;
  const auto run = [](std::vector<std::string> line, const std::string& input = "") {
    const Finished f = ceir_process(line, {.input = input});
    CHECK_MESSAGE(f.code == 0, f.err);
    return f.out;
  };
  run({"preprocess", "scenes:8", "--out", folder / "x.npy"});
  run({"embed", "--pixels", folder / "x.npy", "--out", folder / "px.npy"});
  run({"embed", "scenes:8", "--out", folder / "f.npy"});
  CHECK(slurp(folder / "px.npy") == slurp(folder / "f.npy"));

  const Json ids = Json::parse(run({"tokenize", "--texts", s.at("texts.txt"), "--pad", "--json"}), "ids");
  std::vector<int64_t> flat;
  int64_t rows = 0;
  for (const Json& row : ids.at("texts", "ids").as_array("ids")) {
    rows++;
    for (const Json& id : row.as_array("ids")) flat.push_back(id.as_int("ids"));
  }
  write_npy(folder / "ids.npy", Tensor::from(flat, {rows, static_cast<int64_t>(flat.size()) / rows}));
  run({"embed-text", "--ids", folder / "ids.npy", "--out", folder / "t.npy"});
  CHECK(slurp(folder / "t.npy") == slurp(s.at("t.npy")));

  run({"cluster", "--in", s.at("z.npy"), "--apply", s.at("l.centers.npy"), "--out", folder / "l.npy"});
  CHECK(slurp(folder / "l.npy") == slurp(s.at("l.npy")));

  run({"scenes", "--train", "3", "--test", "1", "--out", folder / "w"});
  std::string lines, nul;
  for (const auto& [name, unused] : files_below(folder / "w"))
    if (name.ends_with(".png")) lines += folder / ("w/" + name) + "\n", nul += folder / ("w/" + name) + std::string(1, '\0');
  run({"embed", "-", "--out", folder / "a.npy"}, lines);
  run({"embed", "-", "-0", "--out", folder / "b.npy"}, nul);
  CHECK(slurp(folder / "a.npy") == slurp(folder / "b.npy"));
  CHECK(slurp(folder / "a.paths.txt") == lines);
  CHECK(run({"tokenize", "--texts", "-"}, "barn\n") == run({"tokenize"}, "barn\n"));
}

TEST_CASE("train-clip: two steps, and the same bytes when it is resumed") {
  const TempFolder folder;
  const auto line = [&](const char* out) { return std::vector<std::string>{"train-clip", "scenes:16", "--steps", "2", "--train-batch", "4", "--out", folder / out}; };
  REQUIRE(ceir_process(line("a")).code == 0);
  const Finished cut = ceir_process(line("b"), {.signal_after_ms = 150, .signal = SIGKILL});
  CAPTURE(cut.code);
  if (cut.code != 0 && !std::filesystem::exists(folder / "b")) {  // else it was killed when all was written
    auto again = line("b");
    again.push_back("--resume");
    const Finished f = ceir_process(again);
    CHECK_MESSAGE(f.code == 0, f.err);
    CHECK(!std::filesystem::exists(folder / "b.partial"));
  }
  CHECK(files_below(folder / "a") == files_below(folder / "b"));
}

TEST_CASE("rows that are not numbers are refused by name; whole numbers and half precision are clustered normalised too") {
  const TempFolder folder;
  const std::string bad = folder / "bad.npy", good = folder / "good.npy", whole = folder / "whole.npy", out = folder / "o.npy";
  write_npy(bad, Tensor::from(std::vector<float>{1, 2, NAN, 4}, {2, 2}));
  write_npy(good, Tensor::from(std::vector<float>{1, 2, 3, 4}, {2, 2}));
  write_npy(whole, Tensor::from(std::vector<int64_t>{1, 2, 3, 4}, {2, 2}));
  for (const auto& [in, texts] : std::vector<std::pair<std::string, std::string>>{{bad, good}, {good, bad}}) {
    const Finished f = ceir_process({"teacher", "--in", in, "--texts", texts, "--out", out});
    CAPTURE(f.err);
    CHECK(f.code == 3);
    CHECK(one_sentence(f.err));
    CHECK(f.err.find(bad) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(out));
  }
  for (const Tensor& rows : {read_npy(whole), read_npy(good).to(DType::f16)}) {
    write_npy(whole, rows);
    const Finished f = ceir_process({"cluster", "--in", whole, "--clusters", "1", "--normalize", "--force", "--out", out});
    CAPTURE(f.err);
    CHECK(f.code == 0);
    CHECK(read_npy(folder / "o.centers.npy").dim(1) == 2);
  }
}
