// Every command: help with an example, suggestions, exit codes.
#include <doctest/doctest.h>

#include "data/image.h"
#include "tensor/io/file.h"
#include "tests/tools/process.h"
#include "tools/command.h"

using namespace ceir;
using namespace ceir::test;

namespace {

// Runs a command line that must end with this exit code and one sentence.
Finished refused(const std::vector<std::string>& line, int code) {
  std::string text;
  for (const auto& a : line) text += a + " ";
  CAPTURE(text);
  const Finished f = ceir_process(line);
  CAPTURE(f.err);
  CHECK(f.code == code);
  CHECK(one_sentence(f.err));
  return f;
}

}  // namespace

TEST_CASE("every command's help has its summary, the common options and an example") {
  for (const CommandEntry* c : commands()) {
    CAPTURE(c->name);
    const Finished help = ceir_process({c->name, "--help"});
    CHECK(help.code == 0);
    CHECK(help.err.empty());
    CHECK(help.out.find(c->summary) != std::string::npos);
    CHECK(help.out.find("Example:") != std::string::npos);
    CHECK(help.out.find(c->example) != std::string::npos);
    for (const char* common : {"--threads", "--seed", "--batch", "--json", "--quiet", "--verbose", "--dry-run", "--force", "--max-memory", "--trace", "--config", "--set", "--offline", "--dtype", "--device", "--kernel"})
      CHECK_MESSAGE(help.out.find(common) != std::string::npos, common);
  }
  const Finished overview = ceir_process({"--help"});
  CHECK(overview.code == 0);
  for (const CommandEntry* c : commands()) CHECK(overview.out.find(c->name) != std::string::npos);
  CHECK(ceir_process({"help", "run"}).out == ceir_process({"run", "--help"}).out);
}

TEST_CASE("an example names its own command and only options that exist") {
  for (const CommandEntry* c : commands()) {
    CAPTURE(c->name);
    const std::string example = c->example, help = ceir_process({c->name, "--help"}).out;
    CHECK(example.find(std::string("ceir ") + c->name) != std::string::npos);
    const std::string options = help.substr(0, help.find("Example:"));
    for (size_t at = example.find(" --"); at != std::string::npos; at = example.find(" --", at + 1)) {
      const std::string option = example.substr(at + 1, example.find_first_of(" =", at + 3) - at - 1);
      CHECK_MESSAGE(options.find(option) != std::string::npos, option);
    }
  }
}

TEST_CASE("a misspelt command, option or setting gets a suggestion and exit code 2") {
  const auto suggests = [](const std::vector<std::string>& line, const std::string& what) {
    const Finished f = ceir_process(line);
    CAPTURE(f.err);
    CHECK(f.code == 2);
    CHECK(f.out.empty());
    CHECK(one_sentence(f.err));
    CHECK(f.err.find("did you mean") != std::string::npos);
    CHECK(f.err.find(what) != std::string::npos);
  };
  for (const CommandEntry* c : commands()) {
    suggests({std::string(c->name) + "x"}, c->name);
    suggests({c->name, "--thraeds", "1"}, "--threads");
  }
  suggests({"embed", "scenes:4", "--modle", "nano", "--out", "x.npy"}, "--model");
  suggests({"run", "scenes:24", "--set", "vae.bta=1", "--dry-run"}, "vae.beta");
  suggests({"run", "scenes:24", "--kernel", "gem=avx2", "--dry-run"}, "gemm");
}

TEST_CASE("a command line that means nothing is exit code 2, one sentence, and no output") {
  const TempFolder folder;
  const std::string out = folder / "o.npy";
  const std::vector<std::vector<std::string>> lines{
      {"-"}, {"--json"}, {"--threads"}, {"embed"}, {"run"}, {"run", "scenes:24", "--seeds", "1,1", "--dry-run"},
      {"run", "scenes:24", "--seeds", "1,", "--dry-run"}, {"run", "scenes:24", "--clusters", "0", "--dry-run"},
      {"run", "scenes:24", "--clusters", "-1", "--dry-run"}, {"run", "scenes:24", "--clusters", "1000000000", "--dry-run"},
      {"run", "scenes:24", "--clusters", "1e9", "--dry-run"}, {"run", "scenes:24", "--set", "cbm.lr=nan", "--dry-run"},
      {"run", "scenes:24", "--set", "vae.epochs=1.5", "--dry-run"}, {"run", "scenes:24", "--set", "=3", "--dry-run"},
      {"embed", "scenes:4", "--threads", "100000", "--out", out}, {"embed", "scenes:4", "--batch", "0", "--out", out},
      {"embed", "scenes:4", "--batch", "x", "--out", out}, {"scenes", "--train", "99999999999999999999", "--out", out},
      {"run", "scenes:24", "--set", "vae.train_batch=9223372036854775807", "--dry-run"}, {"run", "scenes:24", "--set", "explain.method=zz", "--dry-run"}, {"embed", "scenes:4", "--seed", "-1", "--out", out},
      {"embed", "scenes:4", "--max-memory", "1Q", "--out", out}, {"embed", "scenes:4", "--device", "tpu", "--out", out},
      {"embed", "scenes:4", "--dtype", "f8", "--out", out}, {"embed", "scenes:4", "--out", ""},
      {"embed", "scenes:4", "--out", folder / "o.txt"}, {"bench", "gemm", "--seconds", "nan"}, {"bench", "gemm", "--seconds", "inf"},
      {"probe", "--in", "a", "--truth", "b", "--test-in", "c", "--test-truth", "d", "--c", "nan"}};
  for (const auto& line : lines) {
    const Finished f = refused(line, 2);
    CHECK(f.out.empty());
  }
  CHECK(files_below(folder.str()).empty());
}

TEST_CASE("whole numbers have upper ends: the largest one of 64 bits is refused in one sentence, not begun") {
  const TempFolder folder;
  folder.write("t.txt", "snow\n");
  const std::string most = "=9223372036854775807", out = folder / "o", texts = folder / "t.txt";
  const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> lines{
      {{"train-clip", "scenes:16", "--train-batch", "4", "--out", out}, {"--steps", "--captions", "--image-size", "--resize", "--patch", "--width", "--layers", "--text-width", "--text-layers", "--vocabulary"}},
      {{"train-clip", "scenes:16", "--out", out}, {"--train-batch"}},
      {{"scenes", "--out", out}, {"--train", "--test"}},
      {{"embed", "scenes:4", "--out", folder / "o.npy"}, {"--threads", "--batch"}},
      {{"preprocess", "scenes:4", "--style", "hf", "--out", folder / "o.npy"}, {"--size"}},
      {{"run", "scenes:24", "--out", out}, {"--clusters"}},
      {{"report", folder / "gone", "--out", folder / "o.html"}, {"--pictures"}},
      {{"explain", folder / "gone"}, {"--top"}},
      {{"label", folder / "gone"}, {"--top"}}};
  for (const auto& [line, options] : lines)
    for (const std::string& option : options) {
      CAPTURE(option);
      std::vector<std::string> all = line;
      all.push_back(option + most);
      const Finished f = ceir_process(all);
      CAPTURE(f.err);
      CHECK((f.code == 2 || f.code == 3));
      CHECK(one_sentence(f.err));
    }
  CHECK(files_below(folder.str()).size() == 1);
}

TEST_CASE("a mapped file that is cut short while it is read ends in a sentence with its name and exit code 3") {
  const TempFolder folder;
  folder.write("weights", std::string(100000, 'x'));
  const std::string path = folder / "weights", err = folder / "err";
  const pid_t child = fork();
  if (child == 0) {
    dup2(open(err.c_str(), O_CREAT | O_WRONLY, 0666), 2);
    dup2(open("/dev/null", O_WRONLY), 1);
    run_ceir({"--version"});  // the program's own handlers
    const MappedFile file(path);
    if (truncate(path.c_str(), 0) != 0) _exit(100);
    const volatile std::byte* last = &file.bytes().back();
    _exit(*last == std::byte{'x'} ? 101 : 102);
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
  CHECK(one_sentence(slurp(err)));
  CHECK(slurp(err).find(path) != std::string::npos);
}

TEST_CASE("a megabyte that is no path is refused in a sentence that fits on a screen") {
  const TempFolder folder;
  ProcessOptions options;
  options.input.assign(1'000'000, 'x');
  const Finished f = ceir_process({"embed", "-", "--out", folder / "o.npy"}, options);
  CHECK(f.code == 3);
  CHECK(one_sentence(f.err));
  CHECK(f.err.size() < 5000);
  CHECK(f.err.find(" [...] ") != std::string::npos);
}

TEST_CASE("a file that is not there is exit code 3, and the message names it") {
  const TempFolder folder;
  const std::string gone = folder / "gone", out = folder / "o.npy", model = folder / "o.safetensors";
  const std::vector<std::vector<std::string>> lines{
      {"embed", gone, "--out", out}, {"embed", "--pixels", gone, "--out", out}, {"embed-text", "--texts", gone, "--out", out},
      {"embed-text", "--ids", gone, "--out", out}, {"teacher", "--in", gone, "--texts", gone, "--out", out}, {"tokenize", "--texts", gone},
      {"cbm", "--features", gone, "--teacher", gone, "--out", model}, {"project", "--bottleneck", gone, "--features", gone, "--out", out},
      {"vae", "--in", gone, "--out", model}, {"encode", "--vae", gone, "--in", gone, "--out", out}, {"cluster", "--in", gone, "--clusters", "2", "--out", out},
      {"eval", "--pred", gone, "--truth", gone}, {"probe", "--in", gone, "--truth", gone, "--test-in", gone, "--test-truth", gone},
      {"run", gone, "--out", folder / "r"}, {"run", "scenes:24", "--concepts", gone, "--out", folder / "r"}, {"explain", gone}, {"label", gone},
      {"edit", gone, "--image", "#0", "--set-concept", "snow=1"}, {"report", gone, "--out", out}, {"verify", gone}, {"inspect", gone},
      {"preprocess", gone, "--out", out}, {"classify", gone, "--texts", gone, "--out", out}, {"train-clip", gone, "--out", folder / "m"},
      {"run", "scenes:24", "--config", gone, "--out", folder / "r"}};
  for (const auto& line : lines) {
    const Finished f = refused(line, 3);
    CHECK_MESSAGE(f.err.find(gone) != std::string::npos, line[0] << ": " << f.err);
  }
  CHECK(files_below(folder.str()).empty());
  CHECK(std::filesystem::is_empty(folder.str()));
}

TEST_CASE("a full disk under stdout is exit code 5") {
  if (!std::filesystem::exists("/dev/full")) return;
  for (const auto& line : std::vector<std::vector<std::string>>{{"--help"}, {"--version"}, {"embed", "--help"}, {"bench", "--dry-run"}}) {
    const Finished f = ceir_process(line, {.out_to = "/dev/full"});
    CHECK(f.code == 5);
    CHECK(one_sentence(f.err));
  }
}

TEST_CASE("--version names the JPEG decoder of this build") {
  const Finished f = ceir_process({"--version"});
  CHECK(f.code == 0);
  CHECK(f.out.find(std::string("JPEG: ") + jpeg_decoder() + ";") != std::string::npos);
#ifdef CEIR_LIBJPEG
  CHECK(std::string(jpeg_decoder()).starts_with("libjpeg"));
#else
  CHECK(std::string(jpeg_decoder()) == "stb_image");
#endif
}

TEST_CASE("--verbose ends with a table of the kernels: operation, variant, device, shape, calls, time; without it there is none") {
  const TempFolder folder;
  const Finished f = ceir_process({"embed", "scenes:4", "--verbose", "--kernel", "gemm=ref", "--out", folder / "f.npy"});
  CAPTURE(f.err);
  CHECK(f.code == 0);
  const auto at = f.err.find("operation ");
  REQUIRE(at != std::string::npos);
  const auto line = f.err.find("gemm ", at);
  REQUIRE(line != std::string::npos);
  const std::string gemm = f.err.substr(line, f.err.find('\n', line) - line);
  CHECK(gemm.find(" ref ") != std::string::npos);
  CHECK(gemm.find(" cpu ") != std::string::npos);
  CHECK(gemm.find(" -> ") != std::string::npos);
  CHECK(gemm.ends_with("%"));
  CHECK(f.err.find("layernorm ", at) != std::string::npos);
  CHECK(f.err.find("kernels: ", at) != std::string::npos);
  CHECK(ceir_process({"embed", "scenes:4", "--out", folder / "g.npy"}).err.find("kernels: ") == std::string::npos);
}

TEST_CASE("bench: figures that spread beyond the bound are null and say so; a bound that means nothing is refused") {
  const Finished f = ceir_process({"bench", "softmax", "--model", "tiny", "--quick", "--max-spread", "0%", "--json", "--quiet"});
  CAPTURE(f.out);
  CHECK(f.code == 0);
  CHECK(f.out.find("too noisy: spread") != std::string::npos);
  CHECK(f.out.find("\"ms\": null") != std::string::npos);
  for (const char* bad : {"x", "-1", "101%", "5 percent"}) CHECK(refused({"bench", "softmax", "--max-spread", bad}, 2).out.empty());
  CHECK(refused({"bench", "softmax", "--model", "b33"}, 2).err.find("b32, b16") != std::string::npos);
}
